import { auth0M2M } from "@leasehold/auth0-m2m";
import { createLocalJWKSet, jwtVerify } from "jose";
import { type CredentialsWorld, credentialsConformance, pluginConformance } from "leasehold/testing";
import { type Authority, createAuthority, trust } from "../fixtures/authority.ts";
import { AUDIENCE, CLIENT_ID, CLIENT_SECRET, IdentityProvider } from "../fixtures/identity-provider.ts";

const client = { audience: AUDIENCE, clientId: CLIENT_ID, clientSecret: CLIENT_SECRET };
let authority: Authority | undefined;

/** A real OpenID provider, and a coordinator's judgement of its tokens. */
class ProviderWorld implements CredentialsWorld {
  readonly provider: IdentityProvider;
  readonly secrets = [CLIENT_SECRET];

  private constructor(provider: IdentityProvider) {
    this.provider = provider;
  }

  static async open(): Promise<ProviderWorld> {
    if (!authority) {
      authority = await createAuthority();
      trust(authority);
    }
    return new ProviderWorld(await IdentityProvider.start(authority));
  }

  create() {
    return auth0M2M({ ...client, issuerUrl: this.provider.issuer, requestTimeoutSeconds: 5 });
  }

  async takes(headers: Readonly<Record<string, string>>): Promise<boolean> {
    const token = headers["authorization"]?.replace("Bearer ", "") ?? "";
    const { kty, n, e, kid } = this.provider.key;
    const keys = createLocalJWKSet({ keys: [{ kty, n, e, kid, alg: "RS256" } as never] });
    return jwtVerify(token, keys, { audience: AUDIENCE }).then(
      () => true,
      () => false,
    );
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.provider[Symbol.asyncDispose]();
  }
}

pluginConformance({
  create: () => auth0M2M(),
  refuses: {
    requestTimeoutSeconds: () => auth0M2M({ requestTimeoutSeconds: 0 }),
    AUTH0_RUNNER_CLIENT_SECRET: () => auth0M2M({ domain: "tenant.eu.auth0.com", audience: AUDIENCE, clientId: "a" }),
  },
});

credentialsConformance<ProviderWorld>({
  name: "auth0-m2m",
  open: ProviderWorld.open,
  revoke: ({ provider }) => provider.rotateKeys(),
  async breakDown({ provider }) {
    await provider.rotateKeys();
    provider.revoke();
  },
});
