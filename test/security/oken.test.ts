import { expect, it } from "vitest";
import { describeWithEngine } from "../plugins/docker-oken/engine.ts";
import { okenPlace } from "../plugins/docker-oken/oken-api.ts";
import { Canaries } from "./canaries.ts";
import { LeakyStore } from "./leaky-store.ts";
import { okenScenario } from "./oken-scenario.ts";

const canaries = new Canaries();

/** What must have gone out for the scenario to say anything. */
const SIGNS: readonly (readonly [where: string, words: RegExp])[] = [
  ["refused", /CONFIG_ERROR.*member 1 has no name.*VALIDATION_ERROR.*oken\.toml not found/s],
  ["deploy raising", /"status":"running"/],
  ["deploy echoing", /"status":"running"/],
  ["deploy stillborn", /last words.*\*{8}/s],
  ["deploy unbuildable", /BUILD_FAILED.*\*{8}/s],
  ["steps", /"line":.*\*{8}/s],
  ["invoke raising", /Internal Server Error/],
  ["invoke echoing", /^500.*\*{8}/s],
  ["run of echoing", /\*{8}.*"failed"/s],
  ["logs of raising", /x{1000}.*\*{8}/s],
  ["events of raising", /data: .*\*{8}/s],
  ["logs of stillborn", /\*{8}/],
  ["build log", /\*{8}/],
  ["echo", /\*{8}/],
  ["log", /did not become ready/],
  ["telemetry", /deployed|failed/],
  ["files", /\*{8}/],
  ["oken logs", /\*{8}/],
  ["oken build-log", /\*{8}/],
];

/** The plugin's own exits, where nothing behind it masks. */
const OWN_EXITS = [
  "deploy stillborn",
  "deploy unbuildable",
  "steps",
  "run of echoing",
  "logs of raising",
  "logs of echoing",
  "logs of stillborn",
  "events of raising",
  "events of stillborn",
  "build log",
  "files",
  "oken logs",
  "oken build-log",
];

describeWithEngine("a secret of agents in containers", () => {
  it("never leaves a runner", { timeout: 120_000 }, async () => {
    const sinks = await okenScenario(canaries, new LeakyStore(), await okenPlace());
    for (const [where, words] of SIGNS) expect.soft(sinks.text(where), where).toMatch(words);
    expect(sinks.leaks(canaries)).toEqual([]);
  });

  it("is smelt wherever the plugin masks", { timeout: 120_000 }, async () => {
    const sinks = await okenScenario(canaries, new LeakyStore("stream"), await okenPlace());
    const leaking = new Set(sinks.leaks(canaries).map(({ where }) => where));
    expect(OWN_EXITS.filter((where) => !leaking.has(where))).toEqual([]);
  });

  it("is smelt in results", { timeout: 120_000 }, async () => {
    const sinks = await okenScenario(canaries, new LeakyStore("result"), await okenPlace());
    const leaks = sinks.leaks(canaries).map(({ where, place }) => `${place}: ${where}`);
    expect(leaks.sort()).toEqual(["the token of the Oken API: echo", "the token of the Oken API: telemetry"]);
  });
});
