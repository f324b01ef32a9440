/** No child, or no state. */
const NONE = -1;
const ROOT = 0;
/** Codes below have tables of their own near the root, where nearly every character of a text is looked up. */
const COMMON_CODES = 256;
/** With so many patterns the lists behind a first character become long. */
const MANY_PATTERNS = 50;

/**
 * Finds any of many patterns in one pass, at the same cost per character however many there are (Aho and Corasick, 1975).
 * Memory is 22 bytes per character of the patterns: states keep their children in lists, not in tables.
 */
export class Automaton {
  /** The longest pattern that ends in a state; 0 for none. */
  readonly longest: Int32Array;
  /** Length of what a state stands for: the longest end of the text so far that is the beginning of a pattern. */
  readonly depth: Int32Array;
  readonly #code: Uint16Array;
  readonly #child: Int32Array;
  readonly #sibling: Int32Array;
  readonly #fail: Int32Array;
  readonly #root = new Int32Array(COMMON_CODES).fill(NONE);
  readonly #rare = new Map<number, number>();
  /** By first and second character; none while there are few patterns. */
  readonly #second: Int32Array | undefined;
  #states = 1;

  constructor(patterns: readonly string[]) {
    const most = patterns.reduce((sum, { length }) => sum + length, 1);
    this.longest = new Int32Array(most);
    this.depth = new Int32Array(most);
    this.#code = new Uint16Array(most);
    this.#child = new Int32Array(most).fill(NONE);
    this.#sibling = new Int32Array(most).fill(NONE);
    this.#fail = new Int32Array(most);
    if (patterns.length > MANY_PATTERNS) this.#second = new Int32Array(COMMON_CODES ** 2).fill(NONE);
    for (const pattern of patterns) this.#insert(pattern);
    this.#link();
  }

  /** The state after one more character. */
  step(state: number, code: number): number {
    let from = state;
    for (;;) {
      const next = this.#childOf(from, code);
      if (next !== NONE) return next;
      if (from === ROOT) return ROOT;
      from = this.#fail[from] as number;
    }
  }

  #childOf(state: number, code: number): number {
    if (state === ROOT) return code < COMMON_CODES ? (this.#root[code] as number) : (this.#rare.get(code) ?? NONE);
    if (this.#second && this.depth[state] === 1 && code < COMMON_CODES) {
      const first = this.#code[state] as number;
      if (first < COMMON_CODES) return this.#second[first * COMMON_CODES + code] as number;
    }
    let child = this.#child[state] as number;
    while (child !== NONE && this.#code[child] !== code) child = this.#sibling[child] as number;
    return child;
  }

  #insert(pattern: string): void {
    let state = ROOT;
    for (let index = 0; index < pattern.length; index++) {
      const code = pattern.charCodeAt(index);
      const child = this.#childOf(state, code);
      state = child === NONE ? this.#grow(state, code) : child;
    }
    this.longest[state] = pattern.length;
  }

  #grow(parent: number, code: number): number {
    const state = this.#states++;
    this.#code[state] = code;
    this.depth[state] = (this.depth[parent] as number) + 1;
    this.#sibling[state] = this.#child[parent] as number;
    this.#child[parent] = state;
    if (parent === ROOT && code < COMMON_CODES) this.#root[code] = state;
    else if (parent === ROOT) this.#rare.set(code, state);
    else if (this.#second && this.depth[parent] === 1 && code < COMMON_CODES) this.#enterSecond(parent, code, state);
    return state;
  }

  #enterSecond(parent: number, code: number, state: number): void {
    const first = this.#code[parent] as number;
    if (this.#second && first < COMMON_CODES) this.#second[first * COMMON_CODES + code] = state;
  }

  /** By depth, so that what a state falls back to is complete before it. */
  #link(): void {
    const queue = new Int32Array(this.#states);
    let end = 1;
    for (let at = 0; at < end; at++) {
      const parent = queue[at] as number;
      for (let state = this.#child[parent] as number; state !== NONE; state = this.#sibling[state] as number) {
        queue[end++] = state;
        if (parent === ROOT) continue;
        const fail = this.step(this.#fail[parent] as number, this.#code[state] as number);
        this.#fail[state] = fail;
        this.longest[state] = Math.max(this.longest[state] as number, this.longest[fail] as number);
      }
    }
  }
}
