import type { Credentials } from "leasehold";
import { afterEach, describe, expect, it } from "vitest";
import { CoordinatorClient } from "../../../plugins/coordinator/src/client.ts";
import { Unanswered } from "../../../plugins/coordinator/src/exchange.ts";
import { ScriptedCoordinator } from "./scripted-coordinator.ts";
import { quiet, settle } from "./test-source.ts";

const opened: CoordinatorClient[] = [];
afterEach(async () => {
  for (const client of opened.splice(0)) await client.close();
});

function clientFor(url: string, credentials?: Credentials, requestMs = 30_000): CoordinatorClient {
  const client = new CoordinatorClient({ url, requestMs, credentials: () => credentials, log: quiet });
  opened.push(client);
  return client;
}

/** An address that nobody listens on. */
async function deadUrl(): Promise<string> {
  const coordinator = await ScriptedCoordinator.start();
  const { url } = coordinator;
  await coordinator[Symbol.asyncDispose]();
  return url;
}

const faultOf = (reply: Promise<unknown>) =>
  reply.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );

describe("CoordinatorClient", () => {
  it("sends a body byte for byte and hands back the text", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    coordinator.always("POST /x", { status: 201, text: '{"n":1.0}' });
    const body = '{"a":1.50, "☃":1e-07}';
    expect(await clientFor(coordinator.url).send("POST", "/x", { body })).toEqual({ status: 201, body: '{"n":1.0}' });
    expect(coordinator.requests[0]).toMatchObject({ body, headers: { "content-type": "application/json" } });
  });

  it("keeps a path that the URL has", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    await clientFor(`${coordinator.url}/aof`).send("GET", "/health");
    expect(coordinator.requests[0]?.route).toBe("GET /aof/health");
  });

  it("sends user name and password as basic credentials and shows them to nobody", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const client = clientFor(coordinator.url.replace("//", "//ann:p%40ss@"));
    await client.send("GET", "/health");
    expect(coordinator.requests[0]?.headers.authorization).toBe(`Basic ${btoa("ann:p@ss")}`);
    expect(client.url).toBe(coordinator.url);
  });

  it("knows that a refused connection sent nothing", async () => {
    const url = await deadUrl();
    const fault = await faultOf(clientFor(url).send("POST", "/x", { body: "{}" }));
    expect(fault).toMatchObject({ sent: false, message: expect.stringContaining(`POST ${url}/x: `) });
    expect(fault).toBeInstanceOf(Unanswered);
  });

  it("knows that a cut connection may have carried the request", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    coordinator.always("POST /x", { drop: true });
    expect(await faultOf(clientFor(coordinator.url).send("POST", "/x", { body: "{}" }))).toMatchObject({ sent: true });
    expect(coordinator.of("POST /x")).toHaveLength(1);
  });

  it("repeats what may be repeated once after a cut connection", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    coordinator.once("GET /x", { drop: true });
    expect(await clientFor(coordinator.url).send("GET", "/x", { repeatable: true })).toMatchObject({ status: 200 });
    coordinator.always("GET /y", { drop: true });
    await faultOf(clientFor(coordinator.url).send("GET", "/y", { repeatable: true }));
    expect(coordinator.of("GET /y")).toHaveLength(2);
  });

  it("gives up a request that has no answer in time", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    coordinator.always("GET /x", { hang: true });
    const client = clientFor(coordinator.url);
    await client.send("GET", "/connected");
    // Only in a turn of its own does the pool have the connection back.
    await settle();
    const fault = await faultOf(client.send("GET", "/x", { timeoutMs: 500 }));
    expect(fault).toMatchObject({ sent: true, message: expect.stringContaining("no answer within 0.5 s") });
  });

  it("knows that a connection still being made sent nothing", async () => {
    const abort = new AbortController();
    const asked = faultOf(clientFor("http://192.0.2.1:9").send("GET", "/x", { signal: abort.signal }));
    abort.abort();
    expect(await asked).toMatchObject({ sent: false });
  });

  it("ends with its signal", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    coordinator.always("GET /x", { hang: true });
    const abort = new AbortController();
    const fault = faultOf(clientFor(coordinator.url).send("GET", "/x", { signal: abort.signal }));
    await coordinator.seen("GET /x");
    abort.abort();
    expect(await fault).toMatchObject({ sent: true });
    expect(await faultOf(clientFor(coordinator.url).send("GET", "/x", { signal: AbortSignal.abort() }))).toMatchObject({
      sent: false,
    });
  });

  it("reads how long to wait before the next attempt", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    coordinator.once("GET /x", { status: 503, headers: { "retry-after": "7" } });
    coordinator.once("GET /x", { status: 503, headers: { "retry-after": "tomorrow" } });
    const client = clientFor(coordinator.url);
    expect(await client.send("GET", "/x")).toMatchObject({ retryAfterMs: 7_000 });
    expect(await client.send("GET", "/x")).not.toHaveProperty("retryAfterMs");
  });
});

describe("credentials", () => {
  const refusal = { status: 403, json: { detail: "Invalid or expired token" } };

  it("come back with their refusal as they were sent", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    coordinator.once("GET /x", refusal);
    const refused: unknown[] = [];
    const credentials: Credentials = {
      headers: async () => ({ Authorization: "Bearer a" }),
      rejected: async (_url, _response, sent) => refused.push(sent) < 0,
    };
    await clientFor(coordinator.url, credentials).send("GET", "/x");
    expect(refused).toEqual([{ Authorization: "Bearer a" }]);
  });

  function rotating(answers: boolean[]): Credentials & { readonly refusals: number[] } {
    const refusals: number[] = [];
    return {
      refusals,
      headers: async (url) => ({ Authorization: `Bearer ${refusals.length} for ${new URL(url).pathname}` }),
      rejected: async (_, { status }) => {
        refusals.push(status);
        return answers.shift() ?? false;
      },
    };
  }

  it("go with every request, before those of the URL", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    await clientFor(coordinator.url.replace("//", "//ann:x@"), rotating([])).send("GET", "/health");
    expect(coordinator.requests[0]?.headers.authorization).toBe("Bearer 0 for /health");
  });

  it("are asked for anew once after a refusal", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    coordinator.once("GET /x", refusal);
    expect(await clientFor(coordinator.url, rotating([true])).send("GET", "/x")).toMatchObject({ status: 200 });
    expect(coordinator.of("GET /x")[1]?.headers.authorization).toBe("Bearer 1 for /x");
    coordinator.always("GET /y", refusal);
    const stubborn = rotating([true, true]);
    expect(await clientFor(coordinator.url, stubborn).send("GET", "/y")).toMatchObject({ status: 403 });
    expect([coordinator.of("GET /y").length, stubborn.refusals]).toEqual([2, [403]]);
  });

  it("are not blamed for a forgotten runner", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    coordinator.always("GET /x", { status: 401, json: { detail: "Runner not registered" } });
    const credentials = rotating([true]);
    await clientFor(coordinator.url, credentials).send("GET", "/x");
    expect(credentials.refusals).toEqual([]);
  });

  it("leave a request unsent when there are none to be had", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const credentials: Credentials = {
      headers: () => Promise.reject(new Error("secret endpoint down")),
      rejected: async () => false,
    };
    const fault = await faultOf(clientFor(coordinator.url, credentials).send("GET", "/x"));
    expect(fault).toMatchObject({
      sent: false,
      message: expect.stringMatching(/not be obtained: secret endpoint down/),
    });
    expect(coordinator.requests).toEqual([]);
  });
});
