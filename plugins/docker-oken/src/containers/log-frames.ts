const HEADER = 8;
const LENGTH_AT = 4;
const LARGEST_STREAM = 2;

/** A piece of what a container wrote. */
export interface LogFrame {
  /** 1: standard output, 2: standard error. */
  readonly stream: number;
  readonly content: Buffer;
}

/**
 * Takes the engine's multiplexed stream apart: a header of eight bytes (stream, three zeros, length), then the content.
 * A frame may come in any number of chunks; what it holds is handed on chunk by chunk, so that memory stays bounded.
 */
export async function* logFrames(chunks: AsyncIterable<Buffer | string>): AsyncGenerator<LogFrame> {
  let rest: Buffer = Buffer.alloc(0);
  let stream = 0;
  let missing = 0;
  for await (const chunk of chunks) {
    rest = rest.length === 0 ? bytesOf(chunk) : Buffer.concat([rest, bytesOf(chunk)]);
    while (rest.length > 0) {
      if (missing === 0) {
        if (rest.length < HEADER) break;
        stream = rest[0] ?? 0;
        if (stream > LARGEST_STREAM) throw new Error("the engine's log stream is out of step");
        missing = rest.readUInt32BE(LENGTH_AT);
        rest = rest.subarray(HEADER);
        continue;
      }
      const content = rest.subarray(0, missing);
      missing -= content.length;
      rest = rest.subarray(content.length);
      yield { stream, content };
    }
  }
}

function bytesOf(chunk: Buffer | string): Buffer {
  return typeof chunk === "string" ? Buffer.from(chunk) : chunk;
}
