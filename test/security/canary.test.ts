import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { EXITS, type Exit } from "../../core/src/redaction/exits.ts";
import { Canaries } from "./canaries.ts";
import { type Authentication, embeddedScenario } from "./embedded-scenario.ts";
import { LeakyStore } from "./leaky-store.ts";

const canaries = new Canaries();

beforeAll(() => {
  vi.stubEnv("GRANTED", canaries.secret("a variable granted to an agent"));
});
afterAll(() => {
  vi.unstubAllEnvs();
});

describe("a secret", () => {
  it.each<Authentication>(["auth0", "third party", "password"])(
    "never leaves a runner that authenticates by %s",
    async (by) => {
      const sinks = await embeddedScenario(canaries, new LeakyStore(), by);
      for (const where of ["log", "telemetry", "coordinator", "files", "outcome", "thrown at the host"])
        expect(sinks.has(where), where).toBe(true);
      expect(sinks.leaks(canaries)).toEqual([]);
    },
  );

  const exits = Object.keys(EXITS) as Exit[];
  it.each(exits)("is smelt when there is no redactor at the exit %s", async (exit) => {
    const sinks = await embeddedScenario(canaries, new LeakyStore(exit), "third party");
    expect(sinks.leaks(canaries)).not.toEqual([]);
  });
});
