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
      'plugins[5] is not a plugin: options of plugin "broken" are no zod object',
    ]);
  });

  it("says what is wrong with a definition that no compiler saw", () => {
    const defined = (members: object) => ({ definition: { name: "odd", apiVersion: 1, ...members }, options: {} });
    const { faults } = readPluginList([
      defined({ name: "Odd One" }),
      defined({ setup: 5 }),
      defined({ dependsOn: "x" }),
      defined({ uses: [1] }),
    ]);
    expect(faults.map(({ message }) => message)).toEqual([
      'plugins[0] is not a plugin: its name "Odd One" is not lower-case words joined by hyphens',
      'plugins[1] is not a plugin: setup of plugin "odd" is no function',
      'plugins[2] is not a plugin: dependsOn and uses of plugin "odd" must be lists of names',
      'plugins[3] is not a plugin: dependsOn and uses of plugin "odd" must be lists of names',
    ]);
  });

  it("refuses plugins that are no list", () => {
    expect(readPluginList(noop()).faults.map(({ code }) => code)).toEqual(["PLUGIN_INVALID"]);
  });
});
