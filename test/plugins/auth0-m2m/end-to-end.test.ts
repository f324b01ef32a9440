import { mkdtemp, realpath, rm } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { auth0M2M } from "@leasehold/auth0-m2m";
import { commandExecutor } from "@leasehold/command-executor";
import { coordinator } from "@leasehold/coordinator";
import { type EmbeddedCoordinator, startEmbeddedCoordinator } from "@leasehold/embedded-coordinator";
import { echo } from "@leasehold/profile-echo";
import { decodeProtectedHeader } from "jose";
import {
  Credentials,
  createRunner,
  decline,
  definePlugin,
  defineProfile,
  entrypoint,
  jsonResult,
  succeeded,
} from "leasehold";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Authority, createAuthority, trust } from "../../fixtures/authority.ts";
import { AUDIENCE, CLIENT_ID, CLIENT_SECRET, IdentityProvider } from "../../fixtures/identity-provider.ts";
import { reopened } from "../../fixtures/reopened.ts";
import { recordingLog } from "../coordinator/test-source.ts";

declare module "leasehold" {
  interface EntrypointKinds {
    held: Record<never, never>;
  }
}

let authority: Authority;
let provider: IdentityProvider;
const ends: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  authority = await createAuthority();
  trust(authority);
});

beforeEach(async () => {
  provider = await IdentityProvider.start(authority);
  ends.push(() => provider[Symbol.asyncDispose]());
});

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** A coordinator that lets nobody in without a token, with the keys of the tokens that it let in. */
async function startCoordinator(): Promise<{ at: EmbeddedCoordinator; keys: (string | undefined)[] }> {
  const keys: (string | undefined)[] = [];
  const at = await startEmbeddedCoordinator(
    {
      port: 0,
      pollTimeoutSeconds: 1,
      authEnabled: true,
      auth0Audience: AUDIENCE,
      authIssuer: provider.issuer,
      authJwksUrl: provider.jwksUrl,
      authClockToleranceSeconds: 0,
    },
    {
      guard: async ({ headers }) => {
        keys.push(decodeProtectedHeader(headers.authorization?.slice("Bearer ".length) ?? "").kid);
        return undefined;
      },
    },
  );
  ends.push(() => at.close());
  return { at, keys };
}

const client = { audience: AUDIENCE, clientId: CLIENT_ID, clientSecret: CLIENT_SECRET };

async function startRunner(
  url: string,
  plugins: NonNullable<Parameters<typeof createRunner>[0]["plugins"]>,
  options: Parameters<typeof auth0M2M>[0] = { issuerUrl: provider.issuer },
) {
  const projectDir = await realpath(await mkdtemp(path.join(tmpdir(), "leasehold-auth-")));
  ends.push(() => rm(projectDir, { recursive: true }));
  const { log, lines } = recordingLog();
  const credentials = auth0M2M({ ...client, requestTimeoutSeconds: 5, ...options });
  const runner = await createRunner(
    { plugins: [coordinator({ url, hostname: "build-07" }), credentials, ...plugins], projectDir },
    { log },
  );
  const drain = new AbortController();
  const leasing = runner.lease({ drain: drain.signal, stop: new AbortController().signal });
  leasing.catch(() => {});
  ends.push(async () => {
    drain.abort();
    await leasing.catch(() => {});
    await runner.close();
    expect(JSON.stringify(lines)).not.toContain("do-not-tell");
  });
  const end = async () => {
    drain.abort();
    await leasing;
  };
  const said = (words: RegExp) =>
    expect.poll(() => lines.some(({ msg }) => words.test(msg)), { timeout: 60_000 }).toBe(true);
  return { leasing, end, said, lines };
}

/** An executor in this process whose runs end when the test says so. */
function heldRuns() {
  const started = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const plugin = definePlugin({
    name: "held",
    apiVersion: 1,
    setup({ hooks }) {
      hooks.resolveEntrypoint.tap((run) =>
        run.agent.command === "hold" ? entrypoint("held", {}) : decline("not held"),
      );
      hooks.execute.for("held").tap(async () => {
        started.resolve();
        await gate.promise;
        return succeeded(jsonResult('{"done":true}'));
      });
    },
  });
  const profile = defineProfile({
    name: "held-profile",
    directory: "/",
    executor: { type: "procedural", command: "hold" },
    agents: [{ name: "hold", command: "hold" }],
  });
  return { plugins: [plugin(), profile], started: started.promise, end: () => gate.resolve() };
}

async function call(url: string, init: RequestInit = {}): Promise<Record<string, unknown>> {
  const headers = { authorization: `Bearer ${await provider.sign()}`, "content-type": "application/json" };
  const response = await fetch(url, { ...init, headers });
  expect(response.ok, `${response.status}`).toBe(true);
  return (await response.json()) as Record<string, unknown>;
}

async function create({ url }: EmbeddedCoordinator, agent: string, parameters: object): Promise<string> {
  const body = JSON.stringify({ type: "start_session", agent_name: agent, parameters });
  return String((await call(`${url}/runs`, { method: "POST", body }))["run_id"]);
}

const registered = (at: EmbeddedCoordinator) =>
  at.recorded(({ path, status }) => path === "/runner/register" && status === 200);
const completed = (at: EmbeddedCoordinator, run: string) =>
  at.recorded(({ path, status }) => path === `/runner/runs/${run}/completed` && status === 200);

/** A held run under way, at a coordinator and by a runner whose tokens live as long as the provider says. */
async function midRun(options?: Parameters<typeof startRunner>[2]) {
  const { at, keys } = await startCoordinator();
  const held = heldRuns();
  const runner = await startRunner(at.url, held.plugins, options);
  await registered(at);
  const run = await create(at, "hold", {});
  await held.started;
  return { at, keys, held, runner, run };
}

describe("a runner with credentials", () => {
  it.each([
    ["an OpenID provider", () => ({ issuerUrl: provider.issuer })],
    ["Auth0", () => ({ domain: provider.domain })],
  ])("registers, polls, runs and deregisters with one token of %s", async (_, options) => {
    const { at } = await startCoordinator();
    const runner = await startRunner(at.url, [commandExecutor(), echo()], options());
    await registered(at);
    const run = await create(at, "echo", { message: "good morning" });
    await completed(at, run);
    await runner.end();
    expect(await call(`${at.url}/runners`)).toEqual({ runners: [] });
    expect(at.record.filter(({ status }) => status === 401 || status === 403)).toEqual([]);
    expect(provider.asked).toHaveLength(1);
  });

  it("refreshes its token once for a thousand refusals", async () => {
    const { at } = await startCoordinator();
    let credentials!: Credentials;
    const caller = definePlugin({
      name: "caller",
      apiVersion: 1,
      uses: ["auth0-m2m"],
      setup({ services }) {
        credentials = services.get(Credentials);
      },
    });
    await startRunner(at.url, [commandExecutor(), echo(), caller()]);
    await registered(at);
    const sent = await credentials.headers(at.url);
    const refused = { status: 403, body: "" };
    const asked = Array.from({ length: 1_000 }, async () => {
      const again = await credentials.rejected(at.url, refused, sent);
      return again && (await credentials.headers(at.url))["authorization"];
    });
    const [renewed, ...others] = new Set(await Promise.all(asked));
    expect(renewed).toMatch(/^Bearer /);
    expect([others, renewed === sent["authorization"], provider.asked.length]).toEqual([[], false, 2]);
  });

  it("asks for nothing and sends nothing when nothing is configured", async () => {
    const at = await startEmbeddedCoordinator({ port: 0 });
    ends.push(() => at.close());
    const runner = await createRunner({ plugins: [coordinator({ url: at.url }), auth0M2M(), echo()] });
    ends.push(() => runner.close());
    expect(runner.plugins.find(({ name }) => name === "auth0-m2m")).toMatchObject({ provides: [], taps: [] });
  });
});

describe("a run under way", () => {
  it("outlasts the token that it began with", async () => {
    provider.lifeSeconds = 2;
    const { at, held, run } = await midRun();
    await provider.times(3);
    held.end();
    await completed(at, run);
  });

  it("outlasts a token that ends before its time", async () => {
    provider.instead = async (response) => {
      const access_token = await provider.sign({ exp: Math.floor(Date.now() / 1_000) + 10 });
      response.end(JSON.stringify({ access_token, expires_in: 3_600 }));
    };
    const { at, held, run } = await midRun();
    provider.instead = undefined;
    await at.recorded(({ status }) => status === 403);
    held.end();
    await completed(at, run);
    expect(provider.asked.length).toBeGreaterThan(1);
  });

  it("outlasts a rotation of the provider's keys", async () => {
    provider.lifeSeconds = 2;
    const { at, keys, held, run } = await midRun();
    const before = provider.key.kid;
    await provider.rotateKeys();
    await expect.poll(() => keys.includes(provider.key.kid), { timeout: 60_000 }).toBe(true);
    held.end();
    await completed(at, run);
    expect(keys[0]).toBe(before);
  });

  it("is reported once a revoked client is known again", async () => {
    provider.lifeSeconds = 2;
    const { at, held, run, runner } = await midRun();
    provider.revoke();
    await runner.said(
      /answered 401, invalid_client: .*Mend AUTH0_RUNNER_CLIENT_ID and its secret.*there is no valid token/,
    );
    // A poll that was refused for a token's last second leaves it to the look at the registration to find out.
    await runner.said(
      /^(polling failed|the coordinator is not available, trying again): credentials .* could not be obtained: no access token .*invalid_client/,
    );
    held.end();
    provider.restore();
    await completed(at, run);
    expect(runner.lines.map(({ msg }) => msg)).toContain("the provider hands out access tokens again");
  });

  const html = (response: ServerResponse) => response.writeHead(200, { "content-type": "text/html" }).end("<p>");
  const busy = (response: ServerResponse) =>
    response.writeHead(429, { "retry-after": "1" }).end('{"error":"too_many"}');
  it.each([
    ["is silent", () => {}, /gave no answer within 0\.3 s\. Look whether the provider is up/],
    ["answers HTML", html, /answered 200, text\/html that is no JSON\. This is not the answer of a token endpoint/],
    ["has had enough", busy, /answered 429, too_many\. The provider limits how often/],
  ])("goes on while the provider %s", async (_, instead, words) => {
    provider.lifeSeconds = 2;
    const { at, held, run, runner } = await midRun({ domain: provider.domain, requestTimeoutSeconds: 0.3 });
    provider.instead = instead;
    await runner.said(words);
    held.end();
    provider.instead = undefined;
    await completed(at, run);
  });

  it("goes on while the provider is down", async () => {
    provider.lifeSeconds = 2;
    const { at, held, run, runner } = await midRun();
    const { port } = provider;
    await provider[Symbol.asyncDispose]();
    await runner.said(/could not be reached \(.*ECONNREFUSED.*\)\. Look whether the address is right/);
    held.end();
    provider = await reopened(() => IdentityProvider.start(authority, port));
    const revived = provider;
    ends.push(() => revived[Symbol.asyncDispose]());
    await completed(at, run);
  });
});

it("waits for a provider that is not up yet", async () => {
  const { at } = await startCoordinator();
  provider.instead = (response) => response.writeHead(503).end();
  const runner = await startRunner(at.url, [commandExecutor(), echo()]);
  await runner.said(/^the coordinator is not available, trying again: .*answered 503.*The provider is in trouble/);
  provider.instead = undefined;
  await registered(at);
});

it("says what to do when the coordinator refuses its tokens", async () => {
  const { at } = await startCoordinator();
  const stranger = await IdentityProvider.start(authority);
  ends.push(() => stranger[Symbol.asyncDispose]());
  const runner = await startRunner(at.url, [commandExecutor(), echo()], { issuerUrl: stranger.issuer });
  await expect(runner.leasing).rejects.toThrow(/refused the registration \(403: Invalid or expired token\)/);
  await runner.said(/refuses the access token; .* too: The coordinator's AUTH0_DOMAIN and AUTH0_AUDIENCE must be/);
  expect(stranger.asked).toHaveLength(2);
});
