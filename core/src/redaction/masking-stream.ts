import { Transform, type TransformCallback } from "node:stream";
import { maskPart } from "./masking.ts";
import type { Matcher } from "./matcher.ts";

/** Masks what goes through. Bytes are read one by one, so that nothing but secrets changes, whatever the encoding. */
export class MaskingStream extends Transform {
  readonly #matchers: () => readonly Matcher[];
  #rest = "";
  #covered = 0;

  constructor(matchers: () => readonly Matcher[]) {
    super({ decodeStrings: true });
    this.#matchers = matchers;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    const matchers = this.#matchers();
    if (matchers.length === 0 && this.#rest === "") return done(null, chunk);
    done(null, this.#mask(chunk.toString("latin1"), matchers, false));
  }

  override _flush(done: TransformCallback): void {
    done(null, this.#mask("", this.#matchers(), true));
  }

  #mask(text: string, matchers: readonly Matcher[], ended: boolean): Buffer {
    const masked = maskPart(this.#rest + text, this.#covered, matchers, ended);
    this.#rest = masked.rest;
    this.#covered = masked.covered;
    return Buffer.from(masked.text, "latin1");
  }
}
