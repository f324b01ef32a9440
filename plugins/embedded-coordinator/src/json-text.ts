/**
 * JSON kept as its source text. Parsing would lose what the protocol promises to keep (§4.5): the text of numbers
 * (`1.0`, `1e-07`, long integers) and the order of keys that look like integers.
 */
export class JsonText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Writes a value as JSON without blanks; every `JsonText` inside goes out as it came in, `undefined` members drop. */
export function stringify(value: unknown): string {
  if (value instanceof JsonText) return value.text;
  if (Array.isArray(value)) return `[${value.map(stringify).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value ?? null);
  let members = "";
  for (const [key, member] of Object.entries(value))
    if (member !== undefined) members += `${members === "" ? "" : ","}${JSON.stringify(key)}:${stringify(member)}`;
  return `{${members}}`;
}

/**
 * The source text of each member of a JSON object. Of a repeated key the last value counts.
 * `document` must already have parsed as JSON; anything but an object gives an empty map.
 */
export function memberTexts(document: string): Map<string, string> {
  const members = new Map<string, string>();
  let at = skipBlanks(document, 0);
  if (document[at] !== "{") return members;
  at = skipBlanks(document, at + 1);
  while (document[at] === '"') {
    const keyEnd = stringEnd(document, at);
    const key: string = JSON.parse(document.slice(at, keyEnd));
    const start = skipBlanks(document, skipBlanks(document, keyEnd) + 1);
    const end = valueEnd(document, start);
    members.set(key, document.slice(start, end));
    at = skipBlanks(document, end);
    if (document[at] === ",") at = skipBlanks(document, at + 1);
  }
  return members;
}

/** Rewrites every number token of a JSON document, leaving all other text alone. */
export function mapNumbers(document: string, rewrite: (token: string) => string): string {
  let out = "";
  let copied = 0;
  let at = 0;
  while (at < document.length) {
    if (document[at] === '"') {
      at = stringEnd(document, at);
    } else if (/[-0-9]/.test(document[at]!)) {
      const end = scalarEnd(document, at);
      out += document.slice(copied, at) + rewrite(document.slice(at, end));
      at = copied = end;
    } else {
      at += 1;
    }
  }
  return out + document.slice(copied);
}

function valueEnd(document: string, start: number): number {
  if (document[start] === '"') return stringEnd(document, start);
  if (document[start] !== "{" && document[start] !== "[") return scalarEnd(document, start);
  let depth = 0;
  let at = start;
  do {
    const character = document[at];
    if (character === '"') {
      at = stringEnd(document, at);
      continue;
    }
    if (character === "{" || character === "[") depth += 1;
    if (character === "}" || character === "]") depth -= 1;
    at += 1;
  } while (depth > 0);
  return at;
}

// Not a regular expression: those run out of stack on strings of some megabytes.
function stringEnd(document: string, start: number): number {
  let at = start + 1;
  while (document[at] !== '"') at += document[at] === "\\" ? 2 : 1;
  return at + 1;
}

function scalarEnd(document: string, start: number): number {
  let at = start;
  while (at < document.length && !",]} \t\n\r".includes(document[at]!)) at += 1;
  return at;
}

function skipBlanks(document: string, start: number): number {
  let at = start;
  while (at < document.length && " \t\n\r".includes(document[at]!)) at += 1;
  return at;
}
