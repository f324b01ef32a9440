/** Parts of a text that must not be seen: ascending, without overlaps. Added by ascending end. */
export class Ranges {
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];

  get empty(): boolean {
    return this.#starts.length === 0;
  }

  /** Joins whatever it overlaps. `end` is exclusive, and not before any that was added. */
  add(start: number, end: number): void {
    let from = start;
    while (this.#ends.length > 0 && (this.#ends.at(-1) as number) > from) {
      from = Math.min(from, this.#starts.pop() as number);
      this.#ends.pop();
    }
    this.#starts.push(from);
    this.#ends.push(end);
  }

  /** These and the others. */
  with(other: Ranges): Ranges {
    if (this.empty) return other;
    if (other.empty) return this;
    const all = [...this.entries(), ...other.entries()].sort((one, two) => one[1] - two[1] || one[0] - two[0]);
    const joined = new Ranges();
    for (const [start, end] of all) joined.add(start, end);
    return joined;
  }

  /** Start and exclusive end of each. */
  *entries(): Generator<readonly [start: number, end: number]> {
    for (const [index, start] of this.#starts.entries()) yield [start, this.#ends[index] as number];
  }
}
