import { expect, test } from "vitest";
import { hazardsOf, isLoopback, optionsSchema } from "../../../plugins/embedded-coordinator/src/options.ts";

test("have the reference's timers as defaults", () => {
  expect(optionsSchema.parse({})).toMatchObject({
    host: "127.0.0.1",
    port: 8765,
    data: ":memory:",
    pollTimeoutSeconds: 30,
    heartbeatIntervalSeconds: 60,
    staleThresholdSeconds: 120,
    removeThresholdSeconds: 600,
    lifecycleIntervalSeconds: 30,
    noMatchTimeoutSeconds: 300,
    reaperIntervalSeconds: 60,
    reaperGracePeriodSeconds: 120,
    reaperStaleRunningSeconds: 900,
    reaperStaleStoppingSeconds: 120,
    runRecoveryMode: "stale",
  });
});

test.each([
  [{ pollTimeout: 3 }, "pollTimeout"],
  [{ pollTimeoutSeconds: 0 }, "pollTimeoutSeconds"],
  [{ pollTimeoutSeconds: 1e10 }, "pollTimeoutSeconds"],
  [{ hazards: { ghosts: true } }, "hazards"],
  [{ host: "0.0.0.0" }, "host"],
  [{ port: 70_000 }, "port"],
])("refuse %j", (options, named) => {
  const parsed = optionsSchema.safeParse(options);
  expect(parsed.success).toBe(false);
  expect(JSON.stringify(parsed.error?.issues)).toContain(named);
});

test("take another host when it is asked for", () => {
  expect(optionsSchema.parse({ host: "0.0.0.0", allowRemote: true }).host).toBe("0.0.0.0");
});

test.each([
  ["127.0.0.1", true],
  ["127.8.9.1", true],
  ["::1", true],
  ["localhost", true],
  ["0.0.0.0", false],
  ["::", false],
  ["127.0.0.1.example.org", false],
  ["192.168.0.1", false],
])("know whether %s is loopback", (host, loopback) => {
  expect(isLoopback(host)).toBe(loopback);
});

test("turn on each hazard by itself or all by reference", () => {
  const hazards = { ghostPolls: true, unguardedReports: true, oldestRunStops: true, pythonNumbers: true };
  expect(hazardsOf(optionsSchema.parse({ reference: true }))).toEqual(hazards);
  expect(hazardsOf(optionsSchema.parse({ reference: true, hazards: { ghostPolls: false } }))).toEqual({
    ...hazards,
    ghostPolls: false,
  });
  expect(hazardsOf(optionsSchema.parse({ hazards: { unguardedReports: true } }))).toMatchObject({
    ghostPolls: false,
    unguardedReports: true,
  });
});
