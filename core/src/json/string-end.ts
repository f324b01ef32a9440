const BACKSLASH = 0x5c;

/**
 * Where the string that starts at `start` ends, in a valid JSON document. Regular expressions run out of stack on large
 * strings, and `indexOf` is many times faster than a loop.
 */
export function stringEnd(text: string, start: number): number {
  for (let quote = text.indexOf('"', start + 1); quote >= 0; quote = text.indexOf('"', quote + 1)) {
    let slashes = quote;
    while (slashes - 1 > start && text.charCodeAt(slashes - 1) === BACKSLASH) slashes--;
    if ((quote - slashes) % 2 === 0) return quote + 1;
  }
  return text.length;
}
