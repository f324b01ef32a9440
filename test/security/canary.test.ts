import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { EXITS, type Exit } from "../../core/src/redaction/exits.ts";
import { Canaries } from "./canaries.ts";
import { cliScenario } from "./cli-scenario.ts";
import { type Authentication, embeddedScenario } from "./embedded-scenario.ts";
import { LeakyStore } from "./leaky-store.ts";

const canaries = new Canaries();
const OF_COMMAND_LINE: readonly Exit[] = ["stdout", "output", "stderr"];

beforeAll(() => {
  vi.stubEnv("GRANTED", canaries.secret("a variable granted to an agent"));
  vi.stubEnv("OWN_SECRET", canaries.secret("what a plugin registers"));
  vi.stubEnv("AGENTS_SECRET", canaries.secret("what a plugin registers for an agent"));
  vi.stubEnv("RUNS_SECRET", canaries.secret("what a plugin registers for a run"));
});
afterAll(() => {
  vi.unstubAllEnvs();
});

const exits = Object.keys(EXITS) as Exit[];

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

  it("never leaves the command line", async () => {
    const sinks = await cliScenario(canaries, () => new LeakyStore());
    expect(sinks.leaks(canaries)).toEqual([]);
  });
});

describe("the canary", () => {
  it.each(exits.filter((exit) => !OF_COMMAND_LINE.includes(exit)))(
    "smells what passes the exit %s of a runner",
    async (exit) => {
      const sinks = await embeddedScenario(canaries, new LeakyStore(exit), "third party");
      expect(sinks.leaks(canaries)).not.toEqual([]);
    },
  );

  it.each(OF_COMMAND_LINE)("smells what passes the exit %s of the command line", async (exit) => {
    const sinks = await cliScenario(canaries, () => new LeakyStore(exit));
    expect(sinks.leaks(canaries)).not.toEqual([]);
  });
});
