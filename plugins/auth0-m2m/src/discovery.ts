import { z } from "leasehold";
import { askProvider, type ProviderAnswer } from "./ask-provider.ts";
import { isSafe } from "./provider-address.ts";
import { TokenUnavailable } from "./token-unavailable.ts";

/** Where tokens are to be had, and whether the client authenticates by HTTP Basic or in the form. */
export interface TokenEndpoint {
  readonly tokenEndpoint: string;
  readonly basic: boolean;
}

const metadata = z.object({
  issuer: z.string(),
  token_endpoint: z.url({ protocol: /^https?$/ }),
  // Absent means Basic (OpenID Connect Discovery 1.0 §3).
  token_endpoint_auth_methods_supported: z.array(z.string()).default(["client_secret_basic"]),
});

/** Reads the provider's discovery document. Throws `TokenUnavailable`. */
export async function discover(issuerUrl: string, timeoutMs: number, signal: AbortSignal): Promise<TokenEndpoint> {
  const url = `${withoutSlash(issuerUrl)}/.well-known/openid-configuration`;
  const answer = await askProvider(url, { method: "GET", headers: { accept: "application/json" } }, timeoutMs, signal);
  const found = metadata.safeParse(parse(answer));
  if (answer.status !== 200 || !found.success) throw unusable(answer, "is no discovery document");
  const { issuer, token_endpoint, token_endpoint_auth_methods_supported } = found.data;
  if (withoutSlash(issuer) !== withoutSlash(issuerUrl)) throw unusable(answer, `speaks for another issuer, ${issuer}`);
  if (!isSafe(new URL(token_endpoint)))
    throw unusable(answer, `names a token endpoint without https, ${token_endpoint}`);
  return {
    tokenEndpoint: token_endpoint,
    basic: token_endpoint_auth_methods_supported.includes("client_secret_basic"),
  };
}

function parse({ body }: ProviderAnswer): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function unusable({ url, status, contentType, retryAfterMs }: ProviderAnswer, problem: string): TokenUnavailable {
  return new TokenUnavailable(
    `what ${url} answered (${status}, ${contentType || "no content type"}) ${problem}`,
    "Set issuerUrl (AUTH0_ISSUER_URL) to the issuer's URL exactly as the provider names it.",
    { retryAfterMs },
  );
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, "");
}
