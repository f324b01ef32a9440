/** Everything that a request for a token takes. */
export interface TokenRequest {
  readonly provider: Provider;
  /** The API that the token is for, as the coordinator knows itself. */
  readonly audience: string;
  readonly clientId: string;
  readonly clientSecret: ClientSecret;
  readonly timeoutMs: number;
}

export type Provider =
  /** Auth0 and its own dialect: JSON to `/oauth/token`. */
  | { readonly kind: "auth0"; readonly domain: string }
  /** Any OpenID provider: what its discovery document names, form-encoded as RFC 6749 wants it. */
  | { readonly kind: "openid"; readonly issuerUrl: string };

export type ClientSecret =
  | { readonly kind: "value"; readonly value: string }
  /** Read anew for every request, so that a secret can be exchanged while the runner is up. */
  | { readonly kind: "file"; readonly path: string };

/** How messages name the provider. */
export function nameOf(provider: Provider): string {
  return provider.kind === "auth0" ? provider.domain : provider.issuerUrl;
}
