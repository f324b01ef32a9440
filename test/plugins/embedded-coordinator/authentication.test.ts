import { request } from "node:http";
import { buffer } from "node:stream/consumers";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type EmbeddedCoordinatorOptions, optionsSchema } from "../../../plugins/embedded-coordinator/src/index.ts";
import { type Authority, createAuthority, trust } from "../../fixtures/authority.ts";
import { AUDIENCE, IdentityProvider } from "../../fixtures/identity-provider.ts";
import { started } from "./client.ts";

const MISSING = {
  detail: "Missing credentials. Use 'Authorization: Bearer <token>' header or '?api_key=<token>' query parameter.",
};
const MALFORMED = { detail: "Invalid Authorization header format. Use 'Bearer <token>'" };
const INVALID = { detail: "Invalid or expired token" };

let authority: Authority;
beforeAll(async () => {
  authority = await createAuthority();
  trust(authority);
});

async function guarded(options: EmbeddedCoordinatorOptions = {}) {
  const provider = await IdentityProvider.start(authority);
  onTestFinished(() => provider[Symbol.asyncDispose]());
  const auth = { authEnabled: true, auth0Domain: provider.domain, auth0Audience: AUDIENCE };
  const coordinator = await started({ ...auth, ...options });
  const call = async (path: string, authorization?: string) => {
    const response = await fetch(coordinator.url + path, { headers: authorization ? { authorization } : {} });
    return { status: response.status, body: await response.json(), headers: response.headers };
  };
  return { provider, coordinator, call };
}

/** A token that is good unless the changes say otherwise; Auth0's issuers end with a slash. */
const tokenOf = (provider: IdentityProvider, changes: object = {}, header: object = {}) =>
  provider.sign({ iss: `${provider.issuer}/`, ...changes }, header);

describe("a coordinator with authentication", () => {
  test.each(["/health", "/runners", "/runs?api_key=", "/nothing"])("asks for credentials at %s", async (path) => {
    const { call } = await guarded();
    const { status, body, headers } = await call(path);
    expect([status, body]).toEqual([401, MISSING]);
    expect(headers.get("www-authenticate")).toBeNull();
  });

  test.each(["Basic eDp5", "Bearer", "Bearer ", "Token x", "Bearer a b"])("says how to write %j", async (header) => {
    const { call, provider } = await guarded();
    expect(await call(`/health?api_key=${await tokenOf(provider)}`, header)).toMatchObject({
      status: 401,
      body: MALFORMED,
    });
  });

  test("lets a token in by header and by query", async () => {
    const { call, provider, coordinator } = await guarded();
    const token = await tokenOf(provider);
    expect(await call("/health", `Bearer ${token}`)).toMatchObject({ status: 200, body: { status: "healthy" } });
    expect(await call(`/runners?api_key=${token}`)).toMatchObject({ status: 200, body: { runners: [] } });
    expect(coordinator.record.at(-1)).toMatchObject({ path: "/runners", query: {} });
  });

  test("judges the header alone where there is one", async () => {
    const { call, provider } = await guarded();
    const token = await tokenOf(provider);
    expect(await call(`/health?api_key=${token}`, "Bearer bad")).toMatchObject({ status: 403, body: INVALID });
    expect(await call("/health?api_key=bad", `Bearer ${token}`)).toMatchObject({ status: 200 });
  });

  const past = Math.floor(Date.now() / 1_000) - 60;
  test.each<[string, object, object]>([
    ["has expired", { exp: past }, {}],
    ["never expires", { exp: undefined }, {}],
    ["is for another audience", { aud: "https://elsewhere.test" }, {}],
    ["is from another issuer", { iss: "https://elsewhere.test/" }, {}],
    ["names another key", {}, { kid: "unknown" }],
    ["names no key", {}, { kid: undefined }],
    ["is signed by a shared secret", {}, { alg: "HS256" }],
    ["is signed in another way", {}, { alg: "PS256" }],
  ])("refuses a token that %s", async (_, changes, header) => {
    const { call, provider } = await guarded();
    const answer = await call("/health", `Bearer ${await tokenOf(provider, changes, header)}`);
    expect(answer).toMatchObject({ status: 403, body: INVALID });
  });

  test("takes one of several audiences", async () => {
    const { call, provider } = await guarded();
    const token = await tokenOf(provider, { aud: ["https://elsewhere.test", AUDIENCE] });
    expect(await call("/health", `Bearer ${token}`)).toMatchObject({ status: 200 });
  });

  test("bears with clocks that are a little off", async () => {
    const { call, provider } = await guarded({ authClockToleranceSeconds: 120 });
    expect(await call("/health", `Bearer ${await tokenOf(provider, { exp: past })}`)).toMatchObject({ status: 200 });
  });

  test("refuses everybody while the keys cannot be had", async () => {
    const { call, provider } = await guarded();
    const token = await tokenOf(provider);
    await provider[Symbol.asyncDispose]();
    expect(await call("/health", `Bearer ${token}`)).toMatchObject({ status: 403, body: INVALID });
  });

  test("follows a rotation of the keys", async () => {
    const { call, provider } = await guarded();
    expect(await call("/health", `Bearer ${await tokenOf(provider)}`)).toMatchObject({ status: 200 });
    await provider.rotateKeys();
    const token = await tokenOf(provider);
    await expect.poll(async () => (await call("/health", `Bearer ${token}`)).status).toBe(200);
  });

  test("takes another issuer and its keys", async () => {
    const provider = await IdentityProvider.start(authority);
    onTestFinished(() => provider[Symbol.asyncDispose]());
    const { call } = await guarded({ authIssuer: provider.issuer, authJwksUrl: provider.jwksUrl });
    const token = await tokenOf(provider, { iss: provider.issuer });
    expect(await call("/health", `Bearer ${token}`)).toMatchObject({ status: 200 });
  });

  test("lets CORS preflights pass", async () => {
    const { coordinator } = await guarded();
    const headers = { origin: "https://dashboard.test", "access-control-request-method": "GET" };
    expect(await optionsOf(coordinator.port, headers)).toEqual([405, { detail: "Method Not Allowed" }]);
    expect(await optionsOf(coordinator.port, {})).toEqual([401, MISSING]);
  });

  test("asks a guard of the embedder's as well", async () => {
    const provider = await IdentityProvider.start(authority);
    onTestFinished(() => provider[Symbol.asyncDispose]());
    const auth = { authEnabled: true, auth0Domain: provider.domain, auth0Audience: AUDIENCE };
    const coordinator = await started(auth, { guard: async () => ({ status: 418, detail: "closed" }) });
    expect((await fetch(`${coordinator.url}/health`)).status).toBe(401);
    const headers = { authorization: `Bearer ${await tokenOf(provider)}` };
    expect((await fetch(`${coordinator.url}/health`, { headers })).status).toBe(418);
  });
});

describe("the options of authentication", () => {
  const faults = (given: object) =>
    optionsSchema.safeParse(given).error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) ?? [];

  test("name what is missing", () => {
    expect(faults({ authEnabled: true })).toEqual([
      "auth0Audience: AUTH_ENABLED needs AUTH0_AUDIENCE, or nobody could be let in",
      "auth0Domain: AUTH_ENABLED needs AUTH0_DOMAIN, or nobody could be let in",
    ]);
    const local = { authIssuer: "https://localhost:1", authJwksUrl: "https://localhost:1/jwks" };
    expect(faults({ authEnabled: true, auth0Audience: AUDIENCE, ...local })).toEqual([]);
    expect(faults({ auth0Domain: "x.example" })).toEqual([]);
  });

  test("read a domain as people paste it", () => {
    expect(optionsSchema.parse({ auth0Domain: " https://x.example/ " }).auth0Domain).toBe("x.example");
    expect(faults({ auth0Domain: "x.example/api" })).toEqual([expect.stringContaining("not a domain")]);
  });
});

async function optionsOf(port: number, headers: Record<string, string>): Promise<[number | undefined, unknown]> {
  const { promise, resolve, reject } = Promise.withResolvers<[number | undefined, unknown]>();
  const asked = request({ port, host: "127.0.0.1", method: "OPTIONS", path: "/runs", headers }, (response) => {
    buffer(response).then((body) => resolve([response.statusCode, JSON.parse(body.toString())]), reject);
  });
  asked.once("error", reject);
  asked.end();
  return promise;
}
