import { describe, expect, it } from "vitest";
import { configText } from "../../image/config-text.ts";
import { findFactory } from "../../image/find-factory.ts";
import { seedOf } from "../../image/lock-seed.ts";

const factory = () => {};

describe("a plugin's factory", () => {
  it.each([
    ["@leasehold/auth0-m2m", { auth0M2M: factory, other: factory }, "auth0M2M"],
    ["@leasehold/profile-echo", { echo: factory, helper: factory }, "echo"],
    ["@acme/leasehold-plugin-wasm", { wasm: factory, more: factory }, "wasm"],
    ["acme", { default: factory, acme: factory }, "default"],
    ["acme", { whatever: factory, VERSION: "1" }, "whatever"],
  ])("of %s is found", (name, exported, exportName) => {
    expect(findFactory(name, exported)).toEqual({ packageName: name, exportName });
  });

  it("that cannot be told is an error", () => {
    expect(() => findFactory("acme", { one: factory, two: factory })).toThrow("acme exports one, two");
    expect(() => findFactory("acme", {})).toThrow("acme exports no function");
  });
});

describe("the image's configuration", () => {
  it("lists the plugins in order under names that do not meet", () => {
    const text = configText([
      { packageName: "@leasehold/coordinator", exportName: "coordinator" },
      { packageName: "@acme/wasm", exportName: "executor" },
      { packageName: "wasm", exportName: "executor" },
      { packageName: "other", exportName: "default" },
    ]);
    expect(text).toContain('import { executor as plugin__acme_wasm } from "@acme/wasm";');
    expect(text).toContain('import plugin_other from "other";');
    expect(text.match(/^ {4}\w+\(/gm)).toEqual([
      "    coordinator(",
      "    plugin__acme_wasm(",
      "    plugin_wasm(",
      "    plugin_other(",
    ]);
  });

  it("has agents in containers reached from outside, and kept in the workspace", () => {
    const text = configText([{ packageName: "@leasehold/docker-oken", exportName: "dockerOken" }]);
    expect(text).toContain('dockerOken({ host: "0.0.0.0", dataDir: "/workspace/.oken" })');
  });

  it("names a profile only where there is one", () => {
    expect(configText([])).not.toContain("profile:");
    expect(configText([{ packageName: "@leasehold/profile-echo", exportName: "echo" }])).toContain('profile: "echo"');
  });
});

describe("the lockfile that npm begins with", () => {
  it("holds versions, but no workspace and no tools", () => {
    const packages = {
      "": { name: "workspace" },
      core: { version: "0.1.0" },
      "node_modules/leasehold": { link: true },
      "node_modules/zod": { version: "4.6.7", peer: true, integrity: "sha512-x" },
      "node_modules/vitest": { version: "5.1.0", dev: true },
    };
    expect(seedOf({ lockfileVersion: 3, packages }, { name: "app", version: "1" }).packages).toEqual({
      "": { name: "app", version: "1" },
      "node_modules/zod": { version: "4.6.7", integrity: "sha512-x" },
    });
  });
});
