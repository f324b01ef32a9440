// Loops over characters: regular expressions and recursion run out of stack on large documents.

const QUOTE = '"'.charCodeAt(0);
const BACKSLASH = "\\".charCodeAt(0);

/** Where the string that starts at `start` ends, in a valid JSON document. */
export function stringEnd(text: string, start: number): number {
  let at = start + 1;
  for (let code = text.charCodeAt(at); code !== QUOTE && at < text.length; code = text.charCodeAt(at))
    at += code === BACKSLASH ? 2 : 1;
  return at + 1;
}

/** Where the value that starts at `start` ends, however deeply nested, in a valid JSON document. */
export function valueEnd(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; ) {
    const first = text[at];
    if (first === "{" || first === "[") depth++;
    if (first === "}" || first === "]") depth--;
    at = first === '"' ? stringEnd(text, at) : isPunctuation(first) ? at + 1 : scalarEnd(text, at);
    if (depth === 0) return at;
  }
  return text.length;
}

/** The first place from `start` on that is no blank, comma or colon. */
export function skipSeparators(text: string, start: number): number {
  let at = start;
  while (at < text.length && " \t\n\r,:".includes(text[at] ?? "")) at++;
  return at;
}

function scalarEnd(text: string, start: number): number {
  let at = start;
  while (at < text.length && !isPunctuation(text[at])) at++;
  return at;
}

function isPunctuation(character: string | undefined): boolean {
  return character !== undefined && "{}[],: \t\n\r".includes(character);
}
