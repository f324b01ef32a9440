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

/** What must have gone out for a scenario to say anything. */
const SIGNS: readonly (readonly [where: string, words: RegExp])[] = [
  ["log", /onHeartbeat/],
  ["log", /run succeeded/],
  ["telemetry", /"fault":/],
  [
    "coordinator",
    /run_gossip_succeed\/completed.*run_gossip_throw\/failed.*run_gossip_decline\/failed.*nobody can run/s,
  ],
  ["coordinator", /"event_type":"message/],
  ["coordinator", /GRANTED=\*{8}/],
  ["files", /\*{8}/],
  ["outcome", /"status":"succeeded"/],
  ["status", /"whispers","ready":true,"detail":"/],
  ["thrown at the host", /setup of plugin.*refused the registration.*teardown of plugin/s],
];

const SIGNS_OF_COMMAND_LINE: readonly (readonly [where: string, words: RegExp])[] = [
  ["stdout of config", /auth0-m2m.clientSecret +\*{8}/],
  ["stdout of doctor --json --verbose", /"check": "outburst"/],
  ["stdout of run --verbose gossip --act succeed", /told/],
  ["stderr of run --verbose gossip --act fail", /\*{8}/],
  ["stdout of run printenv", /GRANTED=\*{8}/],
  ["stderr of gossip --verbose", /\*{8}/],
  ["stderr of start --verbose", /refused the registration/],
  ["stdout of journal ls", /runs, /],
  ["stderr of submit --verbose gossip", /500/],
  ["stderr of plugins --verbose", /setup of plugin/],
  ["stderr of plugins", /teardown of plugin/],
  ["stderr of config --verbose", /no licence for \*{8}/],
];

const exits = Object.keys(EXITS) as Exit[];

describe("a secret", () => {
  it.each<Authentication>(["auth0", "third party", "password"])(
    "never leaves a runner that authenticates by %s",
    async (by) => {
      const sinks = await embeddedScenario(canaries, new LeakyStore(), by);
      for (const [where, words] of SIGNS) expect(sinks.text(where)).toMatch(words);
      expect(sinks.leaks(canaries)).toEqual([]);
    },
  );

  it("never leaves the command line", async () => {
    const sinks = await cliScenario(canaries, () => new LeakyStore());
    for (const [where, words] of SIGNS_OF_COMMAND_LINE) expect(sinks.text(where), where).toMatch(words);
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
