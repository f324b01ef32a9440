import { describe, expect, it } from "vitest";
import { NOT_REGISTERED, REGISTERED, ScriptedCoordinator } from "./scripted-coordinator.ts";
import { start, testSource } from "./test-source.ts";

const POLL = "GET /runner/runs";
const REGISTER = "POST /runner/register";

describe("heartbeats", () => {
  const BEAT = "POST /runner/heartbeat";

  it("come at the shorter of both intervals", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    coordinator.always(REGISTER, { json: { ...REGISTERED, heartbeat_interval_seconds: 7 } });
    const { source } = start({ url: coordinator.url, options: { heartbeatIntervalSeconds: 45 } });
    expect(source.heartbeat.everySeconds()).toBe(45);
    await coordinator.seen(POLL);
    expect(source.heartbeat.everySeconds()).toBe(7);
  });

  it("name the runner, once it is registered", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const { source } = start({ url: coordinator.url });
    await source.heartbeat.beat();
    await coordinator.seen(POLL);
    await source.heartbeat.beat();
    expect(coordinator.of(BEAT).map(({ json }) => json)).toEqual([{ runner_id: REGISTERED.runner_id }]);
  });

  it("register a forgotten runner anew", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    coordinator.always(BEAT, NOT_REGISTERED);
    const { source } = start({ url: coordinator.url });
    await coordinator.seen(POLL);
    await source.heartbeat.beat();
    expect(coordinator.of(REGISTER)).toHaveLength(2);
  });

  it("register a runner anew that was silent for too long", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const { source } = start({ url: coordinator.url, timing: { staleMs: 0 } });
    await coordinator.seen(POLL);
    coordinator.always("GET /runners", () => ({ json: { runners: [coordinator.listed({ status: "stale" })] } }));
    await source.heartbeat.beat();
    expect(coordinator.of(REGISTER)).toHaveLength(2);
  });

  it("come three times before running work would be stopped", async () => {
    const source = testSource({ url: "http://localhost:1", options: { fenceAfterSeconds: 30 } });
    expect(source.heartbeat.everySeconds()).toBe(10);
  });

  it("reject when they are not heard", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    coordinator.always(BEAT, { status: 500 });
    const { source } = start({ url: coordinator.url });
    await coordinator.seen(POLL);
    await expect(source.heartbeat.beat()).rejects.toThrow(/answered 500 to a heartbeat/);
  });
});
