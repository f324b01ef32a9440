const BACKSLASH = 92;
const PERCENT = 37;
const LETTER_U = 117;

/** Nested escapes double: more levels than this nobody writes, and a stream of nothing else must not be held back. */
const MOST_BACKSLASHES = 64;
const MOST_PERCENTS = 8;

/** What stands at a place of an escaped text. */
export interface Reading {
  /** The character's code, or the byte that a percent stands for; -1 when nothing but backslashes was left. */
  code: number;
  /** The text ends where an escape could go on. */
  openEnded: boolean;
  /** Where the text goes on. */
  next: number;
}

/** Whether reading a text as escaped could make a difference. */
export function mayBeEscaped(text: string): boolean {
  return text.includes("\\") || text.includes("%");
}

/**
 * Reads one character however often it was escaped for JSON, for a URL or for both: backslashes in front of a character
 * are nothing, and `\u0041`, `\\u0041`, `%41`, `%2541` are all `A`. So `\n` is read as `n`.
 */
export function readEscaped(text: string, at: number, into: Reading): void {
  let backslashes = 0;
  let next = at;
  into.openEnded = false;
  for (;;) {
    const code = text.charCodeAt(next);
    if (code === BACKSLASH) next++;
    else if (code === PERCENT) {
      readPercent(text, next, into);
      if (into.code !== BACKSLASH) return;
      next = into.next;
    } else if (code === LETTER_U && backslashes > 0) {
      readUnicode(text, next, into);
      if (into.code !== BACKSLASH) return;
      next = into.next;
    } else {
      into.openEnded = next >= text.length;
      into.code = into.openEnded ? -1 : code;
      into.next = next + 1;
      return;
    }
    if (++backslashes === MOST_BACKSLASHES) {
      into.code = BACKSLASH;
      into.next = next;
      return;
    }
  }
}

function readPercent(text: string, at: number, into: Reading): void {
  let digits = at + 1;
  for (let level = 1; level < MOST_PERCENTS && isEncodedPercent(text, digits); level++) digits += 2;
  const code = hex(text, digits, 2);
  // `%25` itself is a percent, and so is one that no digits follow.
  into.code = code < 0 ? PERCENT : code;
  into.openEnded = code < 0 && isOpenEnded(text, digits, 2);
  into.next = code < 0 ? digits : digits + 2;
}

function isEncodedPercent(text: string, at: number): boolean {
  return text.charCodeAt(at) === 50 && text.charCodeAt(at + 1) === 53;
}

function readUnicode(text: string, at: number, into: Reading): void {
  const code = hex(text, at + 1, 4);
  into.code = code < 0 ? LETTER_U : code;
  into.openEnded = code < 0 && isOpenEnded(text, at + 1, 4);
  into.next = code < 0 ? at + 1 : at + 5;
}

/** Whether the text ends where digits could still come. */
function isOpenEnded(text: string, at: number, count: number): boolean {
  if (text.length >= at + count) return false;
  for (let index = at; index < text.length; index++) if (digit(text.charCodeAt(index)) < 0) return false;
  return true;
}

function hex(text: string, at: number, count: number): number {
  let value = 0;
  for (let index = at; index < at + count; index++) {
    const one = digit(text.charCodeAt(index));
    if (one < 0) return -1;
    value = value * 16 + one;
  }
  return value;
}

function digit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const lower = code | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

/** A text as it reads without any escapes. */
export function unescaped(text: string): string {
  const reading: Reading = { code: 0, next: 0, openEnded: false };
  let read = "";
  for (let at = 0; at < text.length; at = reading.next) {
    readEscaped(text, at, reading);
    if (reading.code >= 0) read += String.fromCharCode(reading.code);
  }
  return read;
}
