// biome-ignore lint/suspicious/noControlCharactersInRegex: Python counts the information separators as whitespace
const SPACE = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;

/** Text without what Python's `str.strip` takes off both ends; a byte order mark stays. */
export function trimmed(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && SPACE.test(text[start]!)) start++;
  while (end > start && SPACE.test(text[end - 1]!)) end--;
  return text.slice(start, end);
}

/** CRLF and CR become LF, as when Python reads in text mode. */
export function withUnixNewlines(text: string): string {
  return text.includes("\r") ? text.replace(/\r\n?/g, "\n") : text;
}
