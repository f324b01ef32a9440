import { TokenUnavailable } from "./token-unavailable.ts";

/** What a provider answered, not yet believed. */
export interface ProviderAnswer {
  readonly url: string;
  readonly status: number;
  /** Without parameters, e.g. `text/html`; empty where none is named. */
  readonly contentType: string;
  readonly body: string;
  readonly retryAfterMs: number | undefined;
}

/** No token and no discovery document is as long. */
const LONGEST_ANSWER = 256 * 1024;
const LONGEST_RETRY_MS = 3_600_000;
const UNTRUSTED = /CERT|SELF_SIGNED|UNABLE_TO_(?:GET|VERIFY)|ERR_TLS/;

/** One request to the provider, within a time limit, not led elsewhere. Throws `TokenUnavailable`. */
export async function askProvider(
  url: string,
  init: Pick<RequestInit, "method" | "headers" | "body">,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<ProviderAnswer> {
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, { ...init, redirect: "manual", signal: AbortSignal.any([signal, timeout]) });
    return {
      url,
      status: response.status,
      contentType: (response.headers.get("content-type") ?? "").replace(/;.*/s, "").trim().toLowerCase(),
      body: await bodyOf(response),
      retryAfterMs: retryAfterOf(response.headers.get("retry-after")),
    };
  } catch (thrown) {
    if (thrown instanceof TokenUnavailable) throw thrown;
    if (timeout.aborted)
      throw new TokenUnavailable(
        `${url} gave no answer within ${timeoutMs / 1_000} s`,
        "Look whether the provider is up and can be reached from here.",
      );
    throw unreachable(url, thrown);
  }
}

async function bodyOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > LONGEST_ANSWER)
      throw new TokenUnavailable(
        `${response.url} answered more than ${LONGEST_ANSWER} bytes`,
        "Look whether this is the provider's address.",
      );
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** Seconds or a date (RFC 9110 §10.2.3). */
function retryAfterOf(header: string | null): number | undefined {
  if (header === null) return undefined;
  const ms = /^\s*\d+\s*$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) ? Math.min(LONGEST_RETRY_MS, Math.max(0, ms)) : undefined;
}

function unreachable(url: string, thrown: unknown): TokenUnavailable {
  const reason = rootOf(thrown);
  const code = "code" in reason ? String(reason.code) : "";
  const fix = UNTRUSTED.test(code)
    ? "If its certificate comes from a CA of your own, name that CA's file in NODE_EXTRA_CA_CERTS."
    : "Look whether the address is right, and whether the provider can be reached from here.";
  return new TokenUnavailable(`${url} could not be reached (${reason.message || code || reason.name})`, fix, {
    cause: thrown,
  });
}

/** `fetch failed` says nothing; what caused it does. Several addresses make an error whose own message is empty. */
function rootOf(thrown: unknown): Error {
  if (thrown instanceof AggregateError && thrown.errors[0] instanceof Error) return rootOf(thrown.errors[0]);
  if (!(thrown instanceof Error)) return new Error(String(thrown));
  return thrown.cause instanceof Error ? rootOf(thrown.cause) : thrown;
}
