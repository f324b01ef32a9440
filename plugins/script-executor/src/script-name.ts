const MOST_BYTES = 255;

/**
 * Whether this may be a script's folder: a plain, visible file name. Names made through the coordinator's API are stricter,
 * but those that it reads from its disk are not checked (protocol §1.5).
 */
export function isScriptName(name: string): boolean {
  return isPlainName(name) && !name.startsWith(".");
}

/** Whether this is one component of a path that means the same on every system, and nothing but itself. */
export function isPlainName(name: string): boolean {
  return name !== "" && name !== "." && name !== ".." && isPlainText(name) && Buffer.byteLength(name) <= MOST_BYTES;
}

/** No separators, no control characters, and nothing that was not UTF-8 (decoders leave U+FFFD there). */
function isPlainText(name: string): boolean {
  return !/[/\\\p{Cc}\u2028\u2029\ufffd]/u.test(name) && name.isWellFormed();
}

/** A name as errors and logs show it: on one line, and not longer than a person reads. */
export function shownName(name: string): string {
  const text = JSON.stringify(name.length > 120 ? `${name.slice(0, 120)}…` : name);
  return `'${text.slice(1, -1).replaceAll('\\"', '"')}'`;
}
