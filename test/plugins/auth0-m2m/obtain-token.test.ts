import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { decodeJwt } from "jose";
import { SecretStore } from "leasehold";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { obtainToken } from "../../../plugins/auth0-m2m/src/obtain-token.ts";
import type { TokenRequest } from "../../../plugins/auth0-m2m/src/token-request.ts";
import { TokenUnavailable } from "../../../plugins/auth0-m2m/src/token-unavailable.ts";
import { type Authority, createAuthority, trust } from "../../fixtures/authority.ts";
import { AUDIENCE, CLIENT_ID, CLIENT_SECRET, IdentityProvider } from "../../fixtures/identity-provider.ts";

let authority: Authority;
let provider: IdentityProvider;
const never = new AbortController().signal;

beforeAll(async () => {
  authority = await createAuthority();
  trust(authority);
});

async function start(): Promise<void> {
  provider = await IdentityProvider.start(authority);
  onTestFinished(() => provider[Symbol.asyncDispose]());
}

function request(changes: Partial<TokenRequest> = {}): TokenRequest {
  return {
    provider: { kind: "auth0", domain: provider.domain },
    audience: AUDIENCE,
    clientId: CLIENT_ID,
    clientSecret: { kind: "value", value: CLIENT_SECRET },
    timeoutMs: 20_000,
    ...changes,
  };
}

async function failure(asked: TokenRequest): Promise<TokenUnavailable> {
  const thrown = await obtainToken(asked, new SecretStore().runner, never).then(
    () => expect.unreachable(),
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(TokenUnavailable);
  const unavailable = thrown as TokenUnavailable;
  expect(unavailable.message).toContain(AUDIENCE);
  for (const form of [CLIENT_SECRET, encodeURIComponent(CLIENT_SECRET), "do-not-tell"])
    expect(unavailable.message).not.toContain(form);
  return unavailable;
}

describe("a token from Auth0", () => {
  it("is asked for as the protocol has it", async () => {
    await start();
    provider.lifeSeconds = 600;
    const token = await obtainToken(request(), new SecretStore().runner, never);
    expect(token.lifeSeconds).toBe(600);
    expect(decodeJwt(token.value)).toMatchObject({ aud: AUDIENCE, iss: provider.issuer, client_id: CLIENT_ID });
    const [{ path: asked, contentType, body } = expect.unreachable()] = provider.asked;
    expect([asked, contentType]).toEqual(["/oauth/token", "application/json"]);
    expect(JSON.parse(body)).toEqual({
      grant_type: "client_credentials",
      client_id: CLIENT_ID,
      client_secret: CLIENT_SECRET,
      audience: AUDIENCE,
    });
  });

  it("lives for an hour where no life is named", async () => {
    await start();
    provider.instead = (response) => response.end('{"access_token":"a.b.c","token_type":"Bearer"}');
    expect(await obtainToken(request(), new SecretStore().runner, never)).toEqual({
      value: "a.b.c",
      lifeSeconds: 3_600,
    });
  });

  it("is asked for with the secret that the file holds then", async () => {
    await start();
    const directory = await mkdtemp(path.join(tmpdir(), "leasehold-secret-"));
    onTestFinished(() => rm(directory, { recursive: true }));
    const file = path.join(directory, "secret");
    const asked = request({ clientSecret: { kind: "file", path: file } });
    expect((await failure(asked)).message).toMatch(/secret cannot be read .*ENOENT.*AUTH0_RUNNER_CLIENT_SECRET_FILE/);
    await writeFile(file, "\n");
    expect((await failure(asked)).message).toContain(`${file} is empty`);
    await writeFile(file, `${CLIENT_SECRET}\r\n`);
    expect(await obtainToken(asked, new SecretStore().runner, never)).toMatchObject({ lifeSeconds: 3_600 });
  });
});

describe("a token from an OpenID provider", () => {
  const openid = (issuerUrl = provider.issuer): Partial<TokenRequest> => ({ provider: { kind: "openid", issuerUrl } });

  it("is asked for where its discovery document says", async () => {
    await start();
    const token = await obtainToken(request(openid(`${provider.issuer}/`)), new SecretStore().runner, never);
    expect(decodeJwt(token.value)).toMatchObject({ aud: AUDIENCE, client_id: CLIENT_ID });
    const [{ path: asked, body } = expect.unreachable()] = provider.asked;
    expect(asked).toBe("/token");
    expect(Object.fromEntries(new URLSearchParams(body))).toEqual({
      grant_type: "client_credentials",
      audience: AUDIENCE,
      resource: AUDIENCE,
    });
  });

  it("is refused under another issuer's name", async () => {
    await start();
    const { message } = await failure(request(openid(`https://127.0.0.1:${provider.port}`)));
    expect(message).toContain(`speaks for another issuer, ${provider.issuer}. Set issuerUrl`);
  });

  it("is refused for an unknown audience", async () => {
    await start();
    const { message } = await failure(request({ ...openid(), audience: `${AUDIENCE}#fragment` }));
    expect(message).toMatch(/answered 400, invalid_target: .*AUTH0_AUDIENCE/);
  });

  it("needs a discovery document", async () => {
    await start();
    const { message } = await failure(request(openid(`${provider.issuer}/elsewhere`)));
    expect(message).toMatch(/elsewhere\/\.well-known\/openid-configuration answered \(404, .*is no discovery document/);
  });
});

describe("a failure", () => {
  it("of a revoked client says so in the provider's words", async () => {
    await start();
    provider.revoke();
    const { message } = await failure(request());
    expect(message).toContain(
      `no access token from ${provider.domain} for audience "${AUDIENCE}" and client "runner-one"`,
    );
    expect(message).toMatch(/answered 401, invalid_client: .*Mend AUTH0_RUNNER_CLIENT_ID and its secret/);
  });

  it("of a wrong secret is the client's", async () => {
    await start();
    const { message } = await failure(request({ clientSecret: { kind: "value", value: "wrong" } }));
    expect(message).toMatch(/401, invalid_client/);
  });

  it("never repeats the secret, even if the provider does", async () => {
    await start();
    provider.instead = (response) => {
      const words = `secret ${CLIENT_SECRET} or ${encodeURIComponent(CLIENT_SECRET)} is wrong\nforged line`;
      response.writeHead(403, { "content-type": "application/json" });
      response.end(JSON.stringify({ error: "access_denied", error_description: words }));
    };
    const { message } = await failure(request());
    expect(message).toContain("403, access_denied: secret ******** or ******** is wrong forged line");
  });

  it.each([
    [429, { "retry-after": "7" }, '{"error":"too_many_requests"}', /429, too_many_requests.*limits how often/, 7_000],
    [503, { "retry-after": "x" }, "", /503, something that is no JSON. The provider is in trouble/, undefined],
    [
      200,
      { "content-type": "text/html; charset=utf-8" },
      "<h1>Hi</h1>",
      /text\/html that is no JSON.*AUTH0_DOMAIN/,
      undefined,
    ],
    [302, { location: "https://elsewhere.test/" }, "", /302, something that is no JSON/, undefined],
    [200, {}, '{"access_token":"two words"}', /200, no bearer token/, undefined],
    [200, {}, '{"access_token":"x","token_type":"mac"}', /200, no bearer token/, undefined],
    [200, {}, "x".repeat(300_000), /more than 262144 bytes/, undefined],
  ])("is told of an answer like %i %o", async (status, headers, body, message, retryAfterMs) => {
    await start();
    provider.instead = (response) => response.writeHead(status, headers).end(body);
    const unavailable = await failure(request());
    expect(unavailable.message).toMatch(message);
    expect(unavailable.retryAfterMs).toBe(retryAfterMs);
  });

  it("takes a date for the time to come back", async () => {
    await start();
    const date = new Date(Date.now() + 90_000).toUTCString();
    provider.instead = (response) => response.writeHead(429, { "retry-after": date }).end();
    const { retryAfterMs } = await failure(request());
    expect(retryAfterMs).toBeGreaterThan(30_000);
    expect(retryAfterMs).toBeLessThanOrEqual(90_000);
  });

  it("is told of silence", async () => {
    await start();
    provider.instead = () => {};
    expect((await failure(request({ timeoutMs: 30 }))).message).toContain("gave no answer within 0.03 s");
  });

  it("is told of an answer that never ends", async () => {
    await start();
    provider.instead = (response) => response.writeHead(200).write("{");
    expect((await failure(request({ timeoutMs: 500 }))).message).toContain("gave no answer within 0.5 s");
  });

  it("is told of a provider that is down", async () => {
    await start();
    const asked = request();
    await provider[Symbol.asyncDispose]();
    expect((await failure(asked)).message).toMatch(
      /could not be reached \(.*ECONNREFUSED.*whether the address is right/,
    );
  });

  it("is told of a certificate that nobody vouches for", async () => {
    await start();
    const stranger = await createAuthority();
    const server = createServer(stranger.localhost).listen(0, "127.0.0.1");
    onTestFinished(() => void server.close());
    await new Promise((resolve) => server.once("listening", resolve));
    const domain = `localhost:${(server.address() as AddressInfo).port}`;
    const { message } = await failure(request({ provider: { kind: "auth0", domain } }));
    expect(message).toMatch(/could not be reached \(.*NODE_EXTRA_CA_CERTS/);
  });
});
