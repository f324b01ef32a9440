import { Credentials, definePlugin } from "leasehold";
import { AccessTokens } from "./access-tokens.ts";
import { tokenCheck } from "./check.ts";
import { obtainToken } from "./obtain-token.ts";
import { options, requestOf } from "./options.ts";
import { defaultTiming } from "./timing.ts";

/** Provides `Credentials` from an OpenID provider's client-credentials grant (protocol §2.2); nothing when nothing is configured. */
export const auth0M2M = definePlugin({
  name: "auth0-m2m",
  apiVersion: 1,
  manifest: {
    network: ["the options `domain` or `issuerUrl`"],
    secrets: ["the content of `clientSecretFile`"],
    fileRoots: ["the option `clientSecretFile`"],
  },
  options,
  checks: [tokenCheck],
  setup({ hooks, services, secrets, log }, options) {
    const request = requestOf(options);
    if (!request) return undefined;
    const obtain = (signal: AbortSignal) => obtainToken(request, secrets, signal);
    const tokens = new AccessTokens({ obtain, audience: request.audience, log, secrets, timing: defaultTiming });
    services.provide(Credentials, { useValue: tokens });
    hooks.onHeartbeat.tap(() => tokens.refreshWhenDue(), { everySeconds: () => tokens.beatSeconds() });
    return () => tokens.close();
  },
});
