import { constants } from "node:buffer";
import type { CapturedOutput } from "leasehold";

const FIRST_BYTES = 4 * 1024;

/** Keeps the beginning of a stream, up to a limit, in memory that grows with what is kept. */
export class OutputBuffer {
  readonly #limit: number;
  #bytes = Buffer.alloc(0);
  #kept = 0;
  #dropped = 0;

  /** `limit` in bytes; what no string could hold is not kept either. */
  constructor(limit: number) {
    this.#limit = Math.min(limit, constants.MAX_STRING_LENGTH);
  }

  push(chunk: Buffer): void {
    const taken = Math.min(chunk.length, this.#limit - this.#kept);
    this.#reserve(this.#kept + taken);
    chunk.copy(this.#bytes, this.#kept, 0, taken);
    this.#kept += taken;
    this.#dropped += chunk.length - taken;
  }

  captured(): CapturedOutput {
    const end = this.#dropped === 0 ? this.#kept : characterEnd(this.#bytes, this.#kept);
    return { text: this.#bytes.toString("utf8", 0, end), droppedBytes: this.#dropped + this.#kept - end };
  }

  #reserve(size: number): void {
    if (size <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.min(this.#limit, Math.max(FIRST_BYTES, size, this.#bytes.length * 2)));
    this.#bytes.copy(larger, 0, 0, this.#kept);
    this.#bytes = larger;
  }
}

/** Where the last whole UTF-8 character before `end` ends. */
function characterEnd(bytes: Buffer, end: number): number {
  let start = end - 1;
  while (start > end - 4 && start > 0 && isContinuation(bytes[start]!)) start--;
  return start >= 0 && start + sequenceLength(bytes[start]!) > end ? start : end;
}

function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}

function sequenceLength(first: number): number {
  if (first < 0xc2 || first > 0xf4) return 1;
  return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}
