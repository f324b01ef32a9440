import { stringEnd } from "./string-end.ts";

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Where a member's value stands in a JSON document, and how deeply it is nested (0 for a scalar). */
export interface JsonSpan {
  readonly start: number;
  readonly end: number;
  readonly depth: number;
}

/**
 * The value of a member of a JSON object, of duplicates the last one as in `JSON.parse`; nothing when there is none of that
 * name, or no object. The text must be known to be valid JSON: of any other it tells nothing, and may throw SyntaxError.
 * One loop without recursion, so that no document is too deep.
 */
export function jsonMemberSpan(text: string, name: string): JsonSpan | undefined {
  let found: JsonSpan | undefined;
  let at = afterBlanks(text, 0);
  if (text.charCodeAt(at) !== OPEN_OBJECT) return undefined;
  for (at = afterBlanks(text, at + 1); text.charCodeAt(at) === QUOTE; at = afterBlanks(text, at)) {
    const nameEnd = stringEnd(text, at);
    const start = afterBlanks(text, afterBlanks(text, nameEnd) + 1);
    const value = valueSpan(text, start);
    if (isNamed(text, at, nameEnd, name)) found = value;
    at = afterBlanks(text, value.end);
    if (text.charCodeAt(at) === COMMA) at++;
  }
  return found;
}

/** Most names stand there as they are. */
function isNamed(text: string, start: number, end: number, name: string): boolean {
  if (end - start === name.length + 2 && text.startsWith(name, start + 1)) return !name.includes("\\");
  const spelled = text.slice(start, end);
  return spelled.includes("\\") && JSON.parse(spelled) === name;
}

function valueSpan(text: string, start: number): JsonSpan {
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
  } while (depth > 0 && at < text.length);
  return { start, end: at, depth: deepest };
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
