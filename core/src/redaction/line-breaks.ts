const BACKSLASH = 92;
const LINE_FEED = 10;
const RETURN = 13;
const LETTER_N = 110;
const LETTER_R = 114;

/** As many as count as one escape. */
const MOST_BACKSLASHES = 64;

/** As they are, or as JSON writes them, however often. */
const LINE_BREAK = /[\r\n][^\r\n]|\\[nr]/;
const OPEN_LINE_BREAK = /[\r\n]|\\(?:[nr]|$)/;

/** Whether reading a text without its line breaks could make a difference. */
export function mayBeWrapped(text: string, ended: boolean): boolean {
  return (ended ? LINE_BREAK : OPEN_LINE_BREAK).test(text);
}

/** Where a text goes on after the line break that begins at a place: there itself where none does, -1 where that cannot be told yet. */
export function afterLineBreak(text: string, at: number, ended: boolean): number {
  const code = text.charCodeAt(at);
  if (code === LINE_FEED || code === RETURN) return at + 1;
  if (code !== BACKSLASH) return at;
  let next = at + 1;
  while (next - at < MOST_BACKSLASHES && text.charCodeAt(next) === BACKSLASH) next++;
  if (next === text.length && !ended) return -1;
  const letter = text.charCodeAt(next);
  return letter === LETTER_N || letter === LETTER_R ? next + 1 : at;
}
