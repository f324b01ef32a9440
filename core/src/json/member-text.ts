import { skipSeparators, stringEnd, valueEnd } from "./walk.ts";

/** The exact text of the member at `path` in a JSON document, or nothing when it is not there. Throws SyntaxError. */
export function jsonMemberText(text: string, path: readonly string[]): string | undefined {
  JSON.parse(text);
  let found: string | undefined = text.trim();
  for (const key of path) found = found === undefined ? undefined : memberOf(found, key);
  return found;
}

/** Of duplicate members the last one counts, as in `JSON.parse`. */
function memberOf(text: string, key: string): string | undefined {
  if (!text.startsWith("{")) return undefined;
  let found: string | undefined;
  for (let at = skipSeparators(text, 1); text[at] === '"'; ) {
    const nameEnd = stringEnd(text, at);
    const start = skipSeparators(text, nameEnd);
    const end = valueEnd(text, start);
    if (isNamed(text, at, nameEnd, key)) found = text.slice(start, end);
    at = skipSeparators(text, end);
  }
  return found;
}

/** Most names stand there as they are. */
function isNamed(text: string, start: number, end: number, key: string): boolean {
  if (end - start === key.length + 2 && text.startsWith(key, start + 1)) return !key.includes("\\");
  return text.slice(start, end).includes("\\") && JSON.parse(text.slice(start, end)) === key;
}
