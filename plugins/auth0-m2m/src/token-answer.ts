import { type Secrets, z } from "leasehold";
import type { ProviderAnswer } from "./ask-provider.ts";
import { TokenUnavailable } from "./token-unavailable.ts";

export interface AccessToken {
  readonly value: string;
  /** Seconds from the request on. */
  readonly lifeSeconds: number;
}

/** The specification's default (protocol §2.2), where the provider names no life or no sensible one. */
const DEFAULT_LIFE_SECONDS = 3_600;
const LONGEST_TEXT = 300;

const granted = z.object({
  // Anything but visible characters would not pass as a header.
  access_token: z.string().regex(/^[\x21-\x7e]+$/),
  token_type: z
    .string()
    .regex(/^bearer$/i)
    .optional(),
  expires_in: z.coerce.number().positive().finite().catch(DEFAULT_LIFE_SECONDS),
});

const denied = z.object({ error: z.string(), error_description: z.string().optional() });

/** The token in an answer. Throws `TokenUnavailable` with the provider's own words, in which secrets are masked. */
export function readToken(answer: ProviderAnswer, secrets: Pick<Secrets, "text">): AccessToken {
  const json = parse(answer.body);
  const { data: token } = granted.safeParse(json);
  if (answer.status === 200 && token) return { value: token.access_token, lifeSeconds: token.expires_in };
  const { data: denial } = denied.safeParse(json);
  const said = denial && sentence([denial.error, denial.error_description], secrets);
  const instead = json === undefined ? `${answer.contentType || "something"} that is no JSON` : "no bearer token";
  throw new TokenUnavailable(
    `${answer.url} answered ${answer.status}, ${said ?? instead}`,
    adviceFor(answer, denial?.error),
    { retryAfterMs: answer.retryAfterMs },
  );
}

function adviceFor({ status }: ProviderAnswer, error: string | undefined): string {
  if (status === 429) return "The provider limits how often tokens are asked for; it is asked again later.";
  if (status >= 500) return "The provider is in trouble; it is asked again later.";
  if (error === "invalid_target" || error === "access_denied" || error === "unauthorized_client")
    return "Look at the provider whether the client exists, may use client credentials and is authorized for this audience, and mend AUTH0_AUDIENCE or AUTH0_RUNNER_CLIENT_ID and its secret.";
  if (error === "invalid_client" || status === 401)
    return "Mend AUTH0_RUNNER_CLIENT_ID and its secret: the client may have been revoked, or its secret exchanged.";
  if (error !== undefined) return "Mend what the provider names.";
  return "This is not the answer of a token endpoint: mend AUTH0_DOMAIN, or issuerUrl.";
}

/** Masked first: what is cut off a secret would leave a part of it. */
function sentence(words: readonly (string | undefined)[], secrets: Pick<Secrets, "text">): string {
  const text = words.filter((word) => word !== undefined && word !== "").join(": ");
  return secrets
    .text(text)
    .replace(/[\p{Cc}\s]+/gu, " ")
    .slice(0, LONGEST_TEXT);
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
