import type { Credentials, Redactor } from "leasehold";
import { basicCredentials } from "../client.ts";

const MOST_BYTES = 16 * 1024 * 1024;

/** An answer with the moments around it, in milliseconds since the epoch. */
export interface Probe {
  readonly status: number;
  readonly body: string;
  /** The coordinator's clock in milliseconds, whole seconds; nothing when it tells no time. */
  readonly date: number | undefined;
  readonly sentAt: number;
  readonly answeredAt: number;
}

/** Where to probe, and as whom. */
export interface Probed {
  readonly url: string;
  readonly credentials: Credentials | undefined;
  readonly signal: AbortSignal;
  readonly secrets?: Pick<Redactor, "text">;
}

/** One GET by itself, on a connection of its own. Rejects when nobody answers. */
export async function probe({ url, credentials, signal, secrets }: Probed, path: string): Promise<Probe> {
  const base = new URL(url);
  const target = addressOf(url) + path;
  const given = await credentials?.headers(target, signal);
  const { request } = await import("undici");
  const sentAt = Date.now();
  const answer = await request(target, { headers: { ...basicCredentials(base), ...given }, signal, reset: true });
  const answeredAt = Date.now();
  const date = Date.parse(String(answer.headers["date"]));
  const said = await textOf(answer.body);
  // Another service may repeat our headers, and what is shown of it is cut.
  const body = secrets?.text(said) ?? said;
  return { status: answer.statusCode, body, date: Number.isNaN(date) ? undefined : date, sentAt, answeredAt };
}

/** What answers without end is no coordinator, and would fill the memory until the check's time is over. */
async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    bytes += chunk.byteLength;
    if (bytes > MOST_BYTES) throw new Error(`it answers with more than ${MOST_BYTES} bytes`);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** The coordinator's URL without user name and password. */
export function addressOf(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname.replace(/\/+$/, "");
}
