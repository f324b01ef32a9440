/** `u32` length of the content, `u32` number of the call, `u16` what it is: a verb to the agent, a status from it. */
const HEAD_BYTES = 10;
const NUMBER_AT = 4;
const CODE_AT = 8;

/** Verbs to the agent. */
export const CALL = 1;
export const CANCEL = 2;

/** One frame to an agent: a call's body as text, or nothing. */
export function frame(number: number, verb: typeof CALL | typeof CANCEL, content = ""): Buffer {
  const length = Buffer.byteLength(content);
  const bytes = Buffer.allocUnsafe(HEAD_BYTES + length);
  bytes.writeUInt32BE(length, 0);
  bytes.writeUInt32BE(number, NUMBER_AT);
  bytes.writeUInt16BE(verb, CODE_AT);
  bytes.write(content, HEAD_BYTES);
  return bytes;
}

/** What is told of each frame of an agent, in this order. */
export interface FrameListener {
  begin(number: number, status: number): void;
  /** A part of the content as it comes; never empty. */
  data(number: number, part: Buffer): void;
  end(number: number): void;
}

/** Takes a stream of bytes apart. A content is passed on as it comes, so that no length can make it be kept. */
export class FrameReader {
  readonly #listener: FrameListener;
  /** The beginning of a head whose rest is still to come. */
  #head: Buffer = Buffer.alloc(0);
  #number = 0;
  /** Bytes of the content that are still to come; nothing between frames. */
  #rest: number | undefined;

  constructor(listener: FrameListener) {
    this.#listener = listener;
  }

  take(chunk: Buffer): void {
    let bytes = this.#head.length === 0 ? chunk : Buffer.concat([this.#head, chunk]);
    this.#head = bytes.subarray(0, 0);
    while (bytes.length > 0) {
      if (this.#rest !== undefined) bytes = this.#content(bytes, this.#rest);
      else if (bytes.length >= HEAD_BYTES) bytes = this.#begin(bytes);
      else {
        this.#head = bytes;
        return;
      }
    }
  }

  #begin(bytes: Buffer): Buffer {
    this.#number = bytes.readUInt32BE(NUMBER_AT);
    this.#listener.begin(this.#number, bytes.readUInt16BE(CODE_AT));
    this.#rest = bytes.readUInt32BE(0);
    if (this.#rest === 0) this.#end();
    return bytes.subarray(HEAD_BYTES);
  }

  #content(bytes: Buffer, rest: number): Buffer {
    const part = bytes.subarray(0, rest);
    this.#listener.data(this.#number, part);
    this.#rest = rest - part.length;
    if (this.#rest === 0) this.#end();
    return bytes.subarray(part.length);
  }

  #end(): void {
    this.#rest = undefined;
    this.#listener.end(this.#number);
  }
}
