import type { TerminalStream } from "leasehold";

const REDRAW_MS = 250;
const ERASE_LINE = "\r\u001b[2K";
const DEFAULT_COLUMNS = 80;

/** The last line of a terminal: a status with the time since it was begun, redrawn in place. */
export class StatusLine {
  readonly #stream: TerminalStream;
  readonly #since = performance.now();
  #timer: NodeJS.Timeout | undefined;
  #status = "";

  constructor(stream: TerminalStream) {
    this.#stream = stream;
  }

  show(status: string): void {
    this.#status = status;
    this.#timer ??= setInterval(() => this.#draw(), REDRAW_MS);
    this.#draw();
  }

  /** Writes lines that stay above the status. */
  above(text: string): void {
    this.#stream.write(`${this.#timer ? ERASE_LINE : ""}${text}\n`);
    if (this.#timer) this.#draw();
  }

  /** Takes the status away. May be repeated. */
  clear(): void {
    if (!this.#timer) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#stream.write(ERASE_LINE);
  }

  /** A line that fills the width would wrap, and only its last part could be erased. */
  #draw(): void {
    const seconds = ((performance.now() - this.#since) / 1_000).toFixed(1);
    const room = Math.max(1, (this.#stream.columns || DEFAULT_COLUMNS) - 1);
    this.#stream.write(`${ERASE_LINE}${`${this.#status} ${seconds} s`.slice(0, room)}`);
  }
}
