import { jsonMemberSpan } from "./member-span.ts";

/** The exact text of the member at `path` in a JSON document, or nothing when it is not there. Throws SyntaxError. */
export function jsonMemberText(text: string, path: readonly string[]): string | undefined {
  JSON.parse(text);
  let found: string | undefined = text.trim();
  for (const name of path) found = found === undefined ? undefined : memberOf(found, name);
  return found;
}

function memberOf(text: string, name: string): string | undefined {
  const span = jsonMemberSpan(text, name);
  return span && text.slice(span.start, span.end);
}
