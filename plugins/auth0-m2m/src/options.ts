import { z } from "leasehold";
import { explainMissing, missingFrom } from "./completeness.ts";
import { domainOf, issuerUrlOf } from "./provider-address.ts";
import type { ClientSecret, Provider, TokenRequest } from "./token-request.ts";

/** The plugin's options, under the reference runner's variables (protocol §2.2). All that is needed, or nothing at all. */
export const options = z
  .strictObject({
    domain: z.string().transform(checked(domainOf)).optional().meta({
      env: "AUTH0_DOMAIN",
      sharedEnv: true,
      description: "Auth0 tenant, as in your-org.auth0.com",
    }),
    audience: z.string().min(1).optional().meta({
      env: "AUTH0_AUDIENCE",
      sharedEnv: true,
      description: "Identifier of the coordinator's API; the coordinator must be configured with the same",
    }),
    clientId: z.string().min(1).optional().meta({
      env: "AUTH0_RUNNER_CLIENT_ID",
      description: "The runner's machine-to-machine application",
    }),
    clientSecret: z.string().min(1).optional().meta({
      env: "AUTH0_RUNNER_CLIENT_SECRET",
      secret: true,
      description: "Its secret",
    }),
    clientSecretFile: z.string().min(1).optional().meta({
      env: "AUTH0_RUNNER_CLIENT_SECRET_FILE",
      description: "File that holds the secret, instead of `clientSecret`; read anew for every token",
    }),
    issuerUrl: z.string().transform(checked(issuerUrlOf)).optional().meta({
      env: "AUTH0_ISSUER_URL",
      description: "Any OpenID provider instead of `domain`, by its issuer URL",
    }),
    requestTimeoutSeconds: z.number().positive().max(300).default(10).meta({
      unit: "seconds",
      description: "What a request to the provider may take",
    }),
  })
  .superRefine(({ domain, issuerUrl }, context) => {
    if (domain !== undefined && issuerUrl !== undefined)
      context.addIssue("AUTH0_DOMAIN and AUTH0_ISSUER_URL are both set; leave one of them out");
  })
  .superRefine(({ clientSecret, clientSecretFile }, context) => {
    if (clientSecret !== undefined && clientSecretFile !== undefined)
      context.addIssue(
        "AUTH0_RUNNER_CLIENT_SECRET and AUTH0_RUNNER_CLIENT_SECRET_FILE are both set; leave one of them out",
      );
  })
  .refine((given) => missingFrom(given).length === 0, {
    error: ({ input }) => explainMissing(input),
    // Else a domain that is written wrongly would hide what is missing.
    when: () => true,
  });

export type Auth0M2MOptions = z.output<typeof options>;

/** What tokens are asked for with; nothing when nothing is configured. */
export function requestOf(given: Auth0M2MOptions): TokenRequest | undefined {
  const { audience, clientId, requestTimeoutSeconds } = given;
  const provider = providerOf(given);
  const clientSecret = clientSecretOf(given);
  if (!provider || !clientSecret || audience === undefined || clientId === undefined) return undefined;
  return { provider, audience, clientId, clientSecret, timeoutMs: requestTimeoutSeconds * 1_000 };
}

function providerOf({ domain, issuerUrl }: Auth0M2MOptions): Provider | undefined {
  if (issuerUrl !== undefined) return { kind: "openid", issuerUrl };
  return domain === undefined ? undefined : { kind: "auth0", domain };
}

function clientSecretOf({ clientSecret, clientSecretFile }: Auth0M2MOptions): ClientSecret | undefined {
  if (clientSecret !== undefined) return { kind: "value", value: clientSecret };
  return clientSecretFile === undefined ? undefined : { kind: "file", path: clientSecretFile };
}

/** A transform that reports what the check throws as the value's own fault. */
function checked(check: (text: string) => string) {
  return (text: string, context: z.core.$RefinementCtx): string => {
    try {
      return check(text);
    } catch (thrown) {
      context.issues.push({
        code: "custom",
        input: text,
        message: thrown instanceof Error ? thrown.message : String(thrown),
      });
      return z.NEVER;
    }
  };
}
