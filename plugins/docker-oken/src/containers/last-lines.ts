/** Keeps the end of a log in bounded memory. */
export class LastLines {
  readonly #most: number;
  readonly #lines: string[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  add(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > this.#most) this.#lines.shift();
  }

  get text(): string {
    return this.#lines.join("\n");
  }
}
