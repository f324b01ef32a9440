import { definePlugin, defineProfile } from "leasehold";
import { describe, expect, it } from "vitest";
import { readPluginList } from "../../../core/src/config/plugin-list.ts";

const noop = definePlugin({ name: "noop", apiVersion: 1 });
const other = definePlugin({ name: "other", apiVersion: 1 });

describe("readPluginList", () => {
  it("flattens nested lists and drops falsy entries", () => {
    const { plugins, faults } = readPluginList([noop(), [false, [other()], null], undefined, "", 0]);
    expect(plugins.map(({ definition }) => definition.name)).toEqual(["noop", "other"]);
    expect(faults).toEqual([]);
  });

  it("takes a profile as a plugin", () => {
    const profile = defineProfile({ name: "Best_v2", directory: "/", executor: { type: "procedural" }, agents: [] });
    expect(readPluginList([profile]).plugins[0]?.definition.name).toBe("profile-best-v2");
  });

  it("names the place of everything that is no plugin", () => {
    const broken = { definition: { name: "broken", options: {} }, options: {} };
    const { faults } = readPluginList([noop(), [noop, "x"], Promise.resolve(noop()), {}, { definition: {} }, broken]);
    expect(faults.map(({ message }) => message)).toEqual([
      "plugins[1][0] is not a plugin: it is a function; call the plugin's factory",
      "plugins[1][1] is not a plugin: it is a string",
      "plugins[2] is not a plugin: it is a promise; await it",
      "plugins[3] is not a plugin: it was not made by definePlugin",
      "plugins[4] is not a plugin: its definition has no name",
      'plugins[5] is not a plugin: its options: are no zod object (plugin "broken")',
    ]);
  });

  it("refuses definitions of wrong types", () => {
    const listed = (members: object) =>
      readPluginList([{ definition: { name: "odd", apiVersion: 1, ...members }, options: {} }]).faults;
    for (const members of [
      { name: "a\n\u001b[31mb" },
      { name: "" },
      { dependsOn: "abc" },
      { uses: [5, null] },
      { commands: 5 },
      { commands: [null] },
      { commands: [{ name: "go" }] },
      { checks: [{ name: 5, run() {} }] },
      { setup: 5 },
    ])
      expect(listed(members), JSON.stringify(members)).toMatchObject([{ code: "PLUGIN_INVALID" }]);
    expect(listed({ commands: [{ name: "go", summary: "Goes", run: async () => 0 }], setup() {} })).toEqual([]);
  });

  it("refuses a list that contains itself, not one that is listed twice", () => {
    const around: unknown[] = [noop()];
    around.push([around]);
    const { plugins, faults } = readPluginList(around);
    expect([plugins.length, faults.map(({ message }) => message)]).toEqual([
      1,
      ["plugins[1][0] is not a plugin: it is a list that contains itself"],
    ]);
    const shared = [other()];
    expect(readPluginList([shared, shared])).toMatchObject({ plugins: [{}, {}], faults: [] });
  });

  it("refuses plugins that are no list", () => {
    expect(readPluginList(noop()).faults.map(({ code }) => code)).toEqual(["PLUGIN_INVALID"]);
  });
});
