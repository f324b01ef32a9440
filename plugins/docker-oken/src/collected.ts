import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Of chunks that have passed since the last collection, at most. */
const MOST_BYTES = 8 * 1024 * 1024;

type Collect = (how: { readonly type: "minor"; readonly execution: "sync" }) => void;

let collect: Collect | undefined;
let passed = 0;

/**
 * Passes chunks of a large stream on, and has those that have passed collected. To the collector a chunk is a few bytes that
 * stand for many: of itself it comes round when 64 MB of them lie about. To look through the young objects takes it a
 * millisecond or two.
 */
export async function* collected<Chunk extends Uint8Array>(chunks: AsyncIterable<Chunk>): AsyncGenerator<Chunk> {
  for await (const chunk of chunks) {
    yield chunk;
    passed += chunk.byteLength;
    if (passed < MOST_BYTES) continue;
    passed = 0;
    collect ??= collector();
    collect({ type: "minor", execution: "sync" });
  }
}

/** V8 shows it to contexts that are made while the flag is set, and to no other. Where the process was given it, it stays. */
function collector(): Collect {
  if (globalThis.gc) return globalThis.gc as Collect;
  setFlagsFromString("--expose-gc");
  try {
    return runInNewContext("gc") as Collect;
  } finally {
    setFlagsFromString("--no-expose-gc");
  }
}
