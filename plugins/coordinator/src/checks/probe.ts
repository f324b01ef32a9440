import { type Credentials } from "leasehold";
import { request } from "undici";
import { basicCredentials } from "../client.ts";

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
}

/** One GET by itself, on a connection of its own. Rejects when nobody answers. */
export async function probe({ url, credentials, signal }: Probed, path: string): Promise<Probe> {
  const base = new URL(url);
  const target = addressOf(url) + path;
  const given = await credentials?.headers(target, signal);
  const sentAt = Date.now();
  const answer = await request(target, { headers: { ...basicCredentials(base), ...given }, signal, reset: true });
  const answeredAt = Date.now();
  const date = Date.parse(String(answer.headers["date"]));
  const body = await answer.body.text();
  return { status: answer.statusCode, body, date: Number.isNaN(date) ? undefined : date, sentAt, answeredAt };
}

/** The coordinator's URL without user name and password. */
export function addressOf(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname.replace(/\/+$/, "");
}
