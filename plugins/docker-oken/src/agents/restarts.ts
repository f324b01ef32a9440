const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 60_000;
/** An agent that ran for so long counts as healthy again. */
const STEADY_MS = 60_000;

/** When a crashed agent is started again: at once, then after ever longer pauses, and at last no more by itself. */
export class Restarts {
  readonly #attempts: number;
  #inARow = 0;
  #upSince: number | undefined;
  #notBefore = 0;

  constructor(attempts: number) {
    this.#attempts = attempts;
  }

  /** The agent became ready. */
  up(): void {
    this.#upSince = performance.now();
  }

  /** The agent crashed, or could not be started. Milliseconds until it is to be started again; nothing: no more by itself. */
  down(): number | undefined {
    const now = performance.now();
    if (this.#upSince !== undefined && now - this.#upSince > STEADY_MS) this.#inARow = 0;
    this.#upSince = undefined;
    this.#inARow += 1;
    const delay = this.#inARow === 1 ? 0 : Math.min(FIRST_DELAY_MS * 2 ** (this.#inARow - 2), LONGEST_DELAY_MS);
    const tired = this.#inARow > this.#attempts;
    this.#notBefore = now + (tired ? LONGEST_DELAY_MS : delay);
    return tired ? undefined : delay;
  }

  /** Milliseconds until a start may be tried. */
  get waitMs(): number {
    return Math.max(this.#notBefore - performance.now(), 0);
  }
}
