import { startEmbeddedCoordinator } from "@leasehold/embedded-coordinator";
import { describe, expect, it, onTestFinished } from "vitest";
import { reachable } from "../../../../plugins/coordinator/src/checks/reachable.ts";
import { ScriptedCoordinator } from "../scripted-coordinator.ts";
import { checkContext } from "./check-context.ts";

describe("the check whether a coordinator is reachable", () => {
  it("likes a coordinator", async () => {
    const { url } = await embedded();
    expect(await reachable.run(await checkContext({ url }))).toEqual({ ok: true, detail: `${url}, runners: 0` });
  });

  it("tells of a refused connection, and of containers", async () => {
    const coordinator = await startEmbeddedCoordinator({ port: 0 });
    await coordinator.close();
    expect(await reachable.run(await checkContext({ url: coordinator.url }))).toEqual({
      ok: false,
      problem: expect.stringContaining(`nobody answers at ${coordinator.url}: connect ECONNREFUSED`),
      fix: expect.stringMatching(/AGENT_ORCHESTRATOR_API_URL.*host\.docker\.internal/),
    });
  });

  it("shows neither user name nor password", async () => {
    const coordinator = await startEmbeddedCoordinator({ port: 0 });
    await coordinator.close();
    const url = coordinator.url.replace("://", "://ada:hunter2@");
    expect(JSON.stringify(await reachable.run(await checkContext({ url })))).not.toContain("hunter2");
  });

  it.each([
    ["no credentials", undefined],
    ["wrong ones", "wrong"],
  ])("tells of a coordinator that is sent %s", async (_what, token) => {
    const { url } = await embedded("right");
    expect(await reachable.run(await checkContext({ url, ...(token ? { token } : {}) }))).toEqual({
      ok: false,
      problem: expect.stringContaining("refuses the credentials (401: Missing credentials"),
      fix: expect.stringContaining("Configure a plugin that provides credentials"),
    });
  });

  it("sends the credentials of whoever provides them", async () => {
    const { url } = await embedded("right");
    expect(await reachable.run(await checkContext({ url, token: "right" }))).toMatchObject({ ok: true });
  });

  it.each([
    ["a web page", { text: "<h1>It works!</h1>" }, { json: { runners: [] } }, "/health"],
    ["a stranger's health", { json: { status: "up" } }, { json: { runners: [] } }, "/health"],
    ["no list of runners", { json: { status: "healthy" } }, { status: 404, json: { detail: "Not Found" } }, "/runners"],
    ["runners of another kind", { json: { status: "healthy" } }, { json: { runners: [{ id: 1 }] } }, "/runners"],
  ])("takes %s for no coordinator", async (_what, health, runners, path) => {
    await using coordinator = await ScriptedCoordinator.start();
    coordinator.always("GET /health", health);
    coordinator.always("GET /runners", runners);
    expect(await reachable.run(await checkContext({ url: coordinator.url }))).toMatchObject({
      ok: false,
      problem: expect.stringContaining(`${path} answers as no coordinator does`),
    });
  });
});

async function embedded(token?: string) {
  const guard = async ({ headers }: { headers: { authorization?: string | undefined } }) =>
    token === undefined || headers.authorization === `Bearer ${token}`
      ? undefined
      : { status: 401, detail: "Missing credentials." };
  const coordinator = await startEmbeddedCoordinator({ port: 0 }, { guard });
  onTestFinished(() => coordinator.close());
  return coordinator;
}
