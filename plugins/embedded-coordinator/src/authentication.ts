import { createRemoteJWKSet, type JWTVerifyGetKey, jwtVerify } from "jose";
import type { Options } from "./options.ts";
import type { Guard } from "./server.ts";

const MISSING =
  "Missing credentials. Use 'Authorization: Bearer <token>' header or '?api_key=<token>' query parameter.";
const MALFORMED = "Invalid Authorization header format. Use 'Bearer <token>'";
const INVALID = "Invalid or expired token";

/** Keys are fetched again when a token names an unknown one, but not at the pace of whoever sends such tokens. */
const COOLDOWN_MS = 1_000;

type GuardedRequest = Parameters<Guard>[0];

/** Lets requests with a valid token pass (protocol §2.2): on every route, but for CORS preflights. Nothing when it is off. */
export function authentication(options: Options): Guard | undefined {
  if (!options.authEnabled) return undefined;
  const isValid = tokenCheck(options);
  return async (request) => {
    if (isPreflight(request)) return undefined;
    const { authorization } = request.headers;
    const token = authorization ? /^Bearer +(\S+)$/i.exec(authorization)?.[1] : apiKeyOf(request);
    if (authorization && token === undefined) return { status: 401, detail: MALFORMED };
    if (!token) return { status: 401, detail: MISSING };
    return (await isValid(token)) ? undefined : { status: 403, detail: INVALID };
  };
}

function tokenCheck({ auth0Domain, auth0Audience, ...options }: Options): (token: string) => Promise<boolean> {
  const issuer = options.authIssuer ?? `https://${auth0Domain}/`;
  const keys = keysAt(options.authJwksUrl ?? `https://${auth0Domain}/.well-known/jwks.json`);
  const demands = {
    issuer,
    algorithms: ["RS256"],
    requiredClaims: ["exp"],
    clockTolerance: options.authClockToleranceSeconds,
    ...(auth0Audience === undefined ? {} : { audience: auth0Audience }),
  };
  return (token) =>
    jwtVerify(token, keys, demands).then(
      () => true,
      () => false,
    );
}

/** The issuer's public keys; a token has to name its own. */
function keysAt(url: string): JWTVerifyGetKey {
  const keys = createRemoteJWKSet(new URL(url), { cooldownDuration: COOLDOWN_MS });
  return async (header, token) => {
    if (header.kid === undefined) throw new Error("the token names no key");
    return keys(header, token);
  };
}

function apiKeyOf({ url }: GuardedRequest): string | undefined {
  const [, query = ""] = url.split("?", 2);
  return new URLSearchParams(query).get("api_key") ?? undefined;
}

function isPreflight({ method, headers }: GuardedRequest): boolean {
  return method === "OPTIONS" && headers.origin !== undefined && "access-control-request-method" in headers;
}
