import type { Readable } from "node:stream";
import type { CapturedOutput } from "leasehold";
import { OutputBuffer } from "./output-buffer.ts";

export interface CaptureOptions {
  readonly outputBytes: number;
  /** Sees all of the stream, decoded, what is not kept too. */
  readonly onText?: ((text: string) => void) | undefined;
  /** Told once, of the first throw of `onText`, which is not called again. */
  readonly onFault: (error: unknown) => void;
}

/** Reads a stream as it comes, keeps its beginning and shows it to whoever listens. */
export class CapturedStream {
  readonly #stream: Readable;
  readonly #buffer: OutputBuffer;
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  readonly #onFault: (error: unknown) => void;
  #onText: ((text: string) => void) | undefined;
  #closed = false;
  #chunks = 0;

  constructor(stream: Readable, { outputBytes, onText, onFault }: CaptureOptions) {
    this.#stream = stream;
    this.#buffer = new OutputBuffer(outputBytes);
    this.#onText = onText;
    this.#onFault = onFault;
    stream.on("data", (chunk: Buffer) => this.#take(chunk));
    stream.on("close", () => {
      this.#closed = true;
    });
    stream.on("error", () => {
      this.#closed = true;
    });
    stream.resume();
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Grows with everything that arrives. */
  get chunks(): number {
    return this.#chunks;
  }

  /** Stops reading and gives what was kept. */
  finish(): CapturedOutput {
    this.#stream.destroy();
    if (this.#onText) this.#tell(this.#decoder.decode());
    return this.#buffer.captured();
  }

  #take(chunk: Buffer): void {
    this.#chunks++;
    this.#buffer.push(chunk);
    if (this.#onText) this.#tell(this.#decoder.decode(chunk, { stream: true }));
  }

  #tell(text: string): void {
    if (text === "") return;
    try {
      this.#onText?.(text);
    } catch (error) {
      this.#onText = undefined;
      this.#onFault(error);
    }
  }
}
