import { stringEnd } from "./string-end.ts";

/** A JSON document that keeps what `JSON.parse` loses: number tokens as written and the order of integer-like keys. */
export type JsonTree = null | boolean | string | JsonNumber | readonly JsonTree[] | ReadonlyMap<string, JsonTree>;

/** A number as it was written. */
export class JsonNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/**
 * Parses a whole JSON document. Of duplicate keys the last value wins, in the first one's place. Throws SyntaxError, and
 * RangeError for thousands of nested levels.
 */
export function parseJsonTree(text: string): JsonTree {
  JSON.parse(text);
  return new Scanner(text).value();
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

  #string(): string {
    this.#peek();
    const start = this.#at;
    this.#at = stringEnd(this.#text, start);
    return JSON.parse(this.#text.slice(start, this.#at)) as string;
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
