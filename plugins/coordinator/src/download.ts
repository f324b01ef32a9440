import type { Dispatcher } from "undici";
import { type Reply, reasonOf, Unanswered } from "./exchange.ts";

export interface DownloadRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The longest silence, before the answer and within it. */
  readonly silenceMs: number;
  readonly signal: AbortSignal;
}

/** An answer; its `content` is there where it is a success, and is read to its end or destroyed. */
export interface Download extends Reply {
  readonly content?: AsyncIterable<Uint8Array>;
}

/** Nobody needs more of a refusal to judge it. */
const REFUSAL_BYTES = 64 * 1024;

/**
 * Begins a download. Rejects with `Unanswered`; so does reading the content, if the rest of it does not come. `name` puts the
 * request into their messages.
 */
export async function download(
  dispatcher: Pick<Dispatcher, "dispatch">,
  request: DownloadRequest,
  name: (thrown: Unanswered) => Unanswered,
): Promise<Download> {
  const broken = (thrown: unknown) => name(unanswered(thrown));
  const { path, headers, silenceMs, signal } = request;
  try {
    const { requestFrom } = await import("./request.ts");
    const { statusCode: status, body } = await requestFrom(dispatcher, {
      method: "GET",
      path,
      headers,
      signal,
      headersTimeout: silenceMs,
      bodyTimeout: silenceMs,
    });
    if (status >= 200 && status < 300) return { status, body: "", content: whole(body, broken) };
    return { status, body: await beginningOf(body) };
  } catch (thrown) {
    throw broken(thrown);
  }
}

async function* whole(
  body: AsyncIterable<Uint8Array>,
  broken: (thrown: unknown) => Unanswered,
): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (thrown) {
    throw broken(thrown);
  }
}

async function beginningOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    bytes += chunk.byteLength;
    if (bytes > REFUSAL_BYTES) break;
  }
  return Buffer.concat(chunks).toString("utf8");
}

function unanswered(thrown: unknown): Unanswered {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  return new Unanswered(reasonOf(error), true, { cause: thrown });
}
