// Loops over character codes: regular expressions and recursion run out of stack on large documents.

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const BLANK = 0x20;

/** Where the string that starts at `start` ends, in a valid JSON document. `indexOf` is many times faster than a loop. */
export function stringEnd(text: string, start: number): number {
  for (let quote = text.indexOf('"', start + 1); quote >= 0; quote = text.indexOf('"', quote + 1)) {
    let slashes = quote;
    while (slashes - 1 > start && text.charCodeAt(slashes - 1) === BACKSLASH) slashes--;
    if ((quote - slashes) % 2 === 0) return quote + 1;
  }
  return text.length;
}

/** Where the value that starts at `start` ends, however deeply nested, in a valid JSON document. */
export function valueEnd(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; ) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = stringEnd(text, at);
    else if (isPunctuation(code)) {
      if (code === OPEN_OBJECT || code === OPEN_ARRAY) depth++;
      if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) depth--;
      at++;
    } else at = scalarEnd(text, at);
    if (depth === 0) return at;
  }
  return text.length;
}

/** The first place from `start` on that is no blank, comma or colon. */
export function skipSeparators(text: string, start: number): number {
  let at = start;
  for (let code = text.charCodeAt(at); code <= BLANK || code === COMMA || code === COLON; code = text.charCodeAt(at))
    at++;
  return at;
}

function scalarEnd(text: string, start: number): number {
  let at = start;
  while (at < text.length && !isPunctuation(text.charCodeAt(at))) at++;
  return at;
}

function isPunctuation(code: number): boolean {
  return (
    code <= BLANK ||
    code === COMMA ||
    code === COLON ||
    code === OPEN_OBJECT ||
    code === CLOSE_OBJECT ||
    code === OPEN_ARRAY ||
    code === CLOSE_ARRAY
  );
}
