import type { Secrets } from "leasehold";
import { askProvider } from "./ask-provider.ts";
import { readClientSecret } from "./client-secret.ts";
import { discover } from "./discovery.ts";
import { type AccessToken, readToken } from "./token-answer.ts";
import { nameOf, type TokenRequest } from "./token-request.ts";
import { TokenUnavailable } from "./token-unavailable.ts";

/**
 * Asks the provider for one token; the client's secret is registered before anything can be said of it. Throws
 * `TokenUnavailable`, which names provider, audience and client.
 */
export async function obtainToken(request: TokenRequest, secrets: Secrets, signal: AbortSignal): Promise<AccessToken> {
  const { provider, audience, clientId } = request;
  try {
    const secret = await readClientSecret(request.clientSecret);
    secrets.register(secret, "the client secret of auth0-m2m");
    const { url, ...init } =
      provider.kind === "auth0"
        ? auth0Request(provider.domain, request, secret)
        : await openidRequest(provider.issuerUrl, request, secret, signal);
    return readToken(await askProvider(url, init, request.timeoutMs, signal), secrets);
  } catch (thrown) {
    const whose = `no access token from ${nameOf(provider)} for audience "${audience}" and client "${clientId}"`;
    throw thrown instanceof TokenUnavailable ? thrown.about(whose) : thrown;
  }
}

interface HttpRequest {
  readonly url: string;
  readonly method: "POST";
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** As the protocol has it (§2.2). */
function auth0Request(domain: string, { audience, clientId }: TokenRequest, secret: string): HttpRequest {
  return {
    url: `https://${domain}/oauth/token`,
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify({
      grant_type: "client_credentials",
      client_id: clientId,
      client_secret: secret,
      audience,
    }),
  };
}

/** RFC 6749 §4.4; the audience also as `resource` (RFC 8707) where it is a URI. Parameters that a provider does not know it ignores. */
async function openidRequest(
  issuerUrl: string,
  { audience, clientId, timeoutMs }: TokenRequest,
  secret: string,
  signal: AbortSignal,
): Promise<HttpRequest> {
  const { tokenEndpoint, basic } = await discover(issuerUrl, timeoutMs, signal);
  const form = new URLSearchParams({ grant_type: "client_credentials", audience });
  if (URL.canParse(audience)) form.set("resource", audience);
  const headers: Record<string, string> = {
    "content-type": "application/x-www-form-urlencoded",
    accept: "application/json",
  };
  if (basic) headers["authorization"] = `Basic ${btoa(`${formEncoded(clientId)}:${formEncoded(secret)}`)}`;
  else {
    form.set("client_id", clientId);
    form.set("client_secret", secret);
  }
  return { url: tokenEndpoint, method: "POST", headers, body: form.toString() };
}

/** RFC 6749 §2.3.1 wants both halves of the pair encoded like a form. */
function formEncoded(text: string): string {
  return new URLSearchParams({ "": text }).toString().slice(1);
}
