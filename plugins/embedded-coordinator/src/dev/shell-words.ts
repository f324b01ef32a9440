import type { JsonObject } from "leasehold";

/** A word as a POSIX shell reads it back. */
export function quoted(word: string): string {
  return /^[\w./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** Parameters as `--name value`, text as it is and everything else as JSON. */
export function asFlags(parameters: JsonObject): string[] {
  return Object.entries(parameters).flatMap(([name, value]) => {
    if (value === true) return [quoted(`--${name}`)];
    const text = typeof value === "string" ? value : JSON.stringify(value);
    return text.startsWith("-") ? [quoted(`--${name}=${text}`)] : [quoted(`--${name}`), quoted(text)];
  });
}
