const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Where a member's value stands in a JSON document, and how deeply it is nested (0 for a scalar). */
export interface Span {
  readonly start: number;
  readonly end: number;
  readonly depth: number;
}

/**
 * The value of a member of a JSON object, of duplicates the last one; nothing when it has none of that name. The text must
 * be known to be a valid JSON object. One loop without recursion, so that no document is too deep.
 */
export function memberSpan(text: string, name: string): Span | undefined {
  let found: Span | undefined;
  let at = afterBlanks(text, 0) + 1;
  for (at = afterBlanks(text, at); text.charCodeAt(at) === QUOTE; at = afterBlanks(text, at)) {
    const nameEnd = stringEnd(text, at);
    const start = afterBlanks(text, afterBlanks(text, nameEnd) + 1);
    const value = valueSpan(text, start);
    if (isNamed(text, at, nameEnd, name)) found = value;
    at = afterBlanks(text, value.end);
    if (text.charCodeAt(at) === COMMA) at++;
  }
  return found;
}

function isNamed(text: string, start: number, end: number, name: string): boolean {
  if (end - start === name.length + 2 && text.startsWith(name, start + 1)) return true;
  const spelled = text.slice(start, end);
  return spelled.includes("\\") && JSON.parse(spelled) === name;
}

function valueSpan(text: string, start: number): Span {
  let depth = 0;
  let deepest = 0;
  let at = start;
  do {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = stringEnd(text, at);
    else if (code === OPEN_OBJECT || code === OPEN_ARRAY) {
      if (++depth > deepest) deepest = depth;
      at++;
    } else if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) {
      depth--;
      at++;
    } else if (depth === 0) at = scalarEnd(text, at);
    else at++;
  } while (depth > 0);
  return { start, end: at, depth: deepest };
}

/** `indexOf` is many times faster over long strings than a loop. */
function stringEnd(text: string, start: number): number {
  for (let quote = text.indexOf('"', start + 1); ; quote = text.indexOf('"', quote + 1)) {
    let slashes = quote - 1;
    while (text.charCodeAt(slashes) === BACKSLASH) slashes--;
    if ((quote - 1 - slashes) % 2 === 0) return quote + 1;
  }
}

function scalarEnd(text: string, start: number): number {
  let at = start;
  for (let code = text.charCodeAt(at); at < text.length && code > 0x20; code = text.charCodeAt(++at))
    if (code === COMMA || code === CLOSE_OBJECT || code === CLOSE_ARRAY) break;
  return at;
}

function afterBlanks(text: string, start: number): number {
  let at = start;
  while (text.charCodeAt(at) <= 0x20) at++;
  return at;
}
