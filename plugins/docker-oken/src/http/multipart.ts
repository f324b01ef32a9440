import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import { Busboy, type BusboyInstance } from "@fastify/busboy";
import { tooLarge } from "../archive/limits.ts";
import { malformed } from "./faults.ts";

const MOST_TEXT_BYTES = 1024 * 1024;
const MOST_PARTS = 1_000;

/** What hears of a form's parts as they come; files are read to their end or resumed. */
export interface PartListener {
  onText(name: string, text: string): void;
  onFile(name: string, file: Readable): void;
}

/**
 * Reads a multipart form. Rejects with a `DetailFault` for what is none (spec §1.1, kind B), with an `OkenError` when it has
 * too many bytes, and when its sender leaves; its open files fail with the same error then.
 */
export function readMultipart(request: IncomingMessage, mostBytes: number, parts: PartListener): Promise<void> {
  const contentType = request.headers["content-type"] ?? "";
  if (!/;\s*boundary\s*=\s*"?[^";]/i.test(contentType)) {
    request.resume();
    return Promise.reject(malformed("Missing boundary in multipart."));
  }
  return new Promise((resolve, reject) =>
    new MultipartReader(request, parts, { resolve, reject }).read(contentType, mostBytes),
  );
}

interface Ends {
  resolve(): void;
  reject(reason: Error): void;
}

class MultipartReader {
  readonly #request: IncomingMessage;
  readonly #parts: PartListener;
  readonly #ends: Ends;
  readonly #files = new Set<Readable>();
  #parser: BusboyInstance | undefined;

  constructor(request: IncomingMessage, parts: PartListener, ends: Ends) {
    this.#request = request;
    this.#parts = parts;
    this.#ends = ends;
  }

  read(contentType: string, mostBytes: number): void {
    const parser = new Busboy({
      headers: { "content-type": contentType },
      // A part with a filename is a file; an empty one is told by the type alone.
      isPartAFile: (_name, type, fileName) => fileName !== undefined || type === "application/octet-stream",
      limits: { fieldSize: MOST_TEXT_BYTES, parts: MOST_PARTS },
    });
    this.#parser = parser;
    parser.on("file", (name, file) => this.#onFile(name, file));
    parser.on("field", (name, text, _nameCut, cut) => this.#onField(name, text, cut));
    parser.on("partsLimit", () => this.#fail(malformed(`Too many parts. Maximum number of parts is ${MOST_PARTS}.`)));
    parser.on("error", () => this.#fail(malformed("There was an error parsing the body")));
    parser.on("finish", () => this.#ends.resolve());
    this.#watch(mostBytes);
    this.#request.pipe(parser);
  }

  #watch(mostBytes: number): void {
    let bytes = 0;
    this.#request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > mostBytes) this.#fail(tooLarge(`the form has more than ${mostBytes} bytes`));
    });
    this.#request.once("error", (thrown) => this.#fail(thrown));
    this.#request.once("close", () => {
      if (!this.#request.complete) this.#fail(new Error("the sender closed the connection"));
    });
  }

  #onFile(name: string, file: Readable): void {
    this.#files.add(file);
    // Whoever reads the file hears of it; what nobody reads must not end the process.
    file.on("error", () => undefined);
    this.#parts.onFile(name, file);
  }

  #onField(name: string, text: string, cut: boolean): void {
    if (cut) return this.#fail(malformed(`Part exceeded maximum size of ${MOST_TEXT_BYTES / 1024}KB.`));
    this.#parts.onText(name, text);
  }

  #fail(thrown: Error): void {
    if (this.#parser) this.#request.unpipe(this.#parser);
    // What is left of the upload is read and dropped, so that the answer reaches its sender.
    this.#request.resume();
    for (const file of this.#files) file.destroy(thrown);
    this.#ends.reject(thrown);
  }
}
