/** A JSON document that keeps what `JSON.parse` loses: number tokens as written and the order of integer-like keys. */
export type JsonTree = null | boolean | string | JsonNumber | readonly JsonTree[] | ReadonlyMap<string, JsonTree>;

/** A number as it was written. */
export class JsonNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Parses a whole JSON document. Of duplicate keys the last value wins, in the first one's place. Throws SyntaxError. */
export function parseJsonTree(text: string): JsonTree {
  JSON.parse(text);
  return new Scanner(text).value();
}

/** The exact text of the member at `path` in a JSON document, or nothing when it is not there. Throws SyntaxError. */
export function jsonMemberText(text: string, path: readonly string[]): string | undefined {
  JSON.parse(text);
  const scanner = new Scanner(text);
  let found: [start: number, end: number] = [0, text.length];
  for (const key of path) {
    const member = scanner.member(found[0], key);
    if (!member) return undefined;
    found = member;
  }
  return text.slice(...found).trim();
}

const PUNCTUATION = /[\s,:]*/y;
const SCALAR = /[^\s,:\]}]+/y;

/** Walks a document that is known to be valid, so that it need not check anything. */
class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(): JsonTree {
    const first = this.#peek();
    if (first === '"') return this.#string();
    if (first === "[") return this.#array();
    if (first === "{") return this.#object();
    return toScalar(this.#take(SCALAR));
  }

  /** Start and end of a member's value in the object that starts at `from`. */
  member(from: number, key: string): [number, number] | undefined {
    this.#at = from;
    if (this.#peek() !== "{") return undefined;
    this.#at++;
    let found: [number, number] | undefined;
    while (this.#peek() !== "}") {
      const name = this.#string();
      this.#peek();
      const start = this.#at;
      this.#skip();
      if (name === key) found = [start, this.#at];
    }
    return found;
  }

  #array(): JsonTree[] {
    const items: JsonTree[] = [];
    this.#at++;
    while (this.#peek() !== "]") items.push(this.value());
    this.#at++;
    return items;
  }

  #object(): Map<string, JsonTree> {
    const members = new Map<string, JsonTree>();
    this.#at++;
    while (this.#peek() !== "}") members.set(this.#string(), this.value());
    this.#at++;
    return members;
  }

  /** Passes over a value without recursion, for nobody has looked yet how deep it is nested. */
  #skip(): void {
    let depth = 0;
    do {
      const first = this.#peek();
      if (first === '"') this.#rawString();
      else if (first === "[" || first === "{") [this.#at, depth] = [this.#at + 1, depth + 1];
      else if (first === "]" || first === "}") [this.#at, depth] = [this.#at + 1, depth - 1];
      else this.#take(SCALAR);
    } while (depth > 0);
  }

  #string(): string {
    this.#peek();
    return JSON.parse(this.#rawString()) as string;
  }

  /** A string as it is written. Searched, not matched: a pattern with alternatives overflows the stack on long ones. */
  #rawString(): string {
    const start = this.#at;
    let end = this.#text.indexOf('"', start + 1);
    while (this.#isEscaped(end)) end = this.#text.indexOf('"', end + 1);
    this.#at = end + 1;
    return this.#text.slice(start, this.#at);
  }

  #isEscaped(quote: number): boolean {
    let before = quote;
    while (this.#text[before - 1] === "\\") before--;
    return (quote - before) % 2 === 1;
  }

  #peek(): string | undefined {
    this.#take(PUNCTUATION);
    return this.#text[this.#at];
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const token = pattern.exec(this.#text)?.[0] ?? "";
    this.#at += token.length;
    return token;
  }
}

function toScalar(token: string): JsonTree {
  if (token === "null") return null;
  if (token === "true") return true;
  if (token === "false") return false;
  return new JsonNumber(token);
}
