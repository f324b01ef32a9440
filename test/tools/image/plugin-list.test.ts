import { resolve } from "node:path";
import { expect, it } from "vitest";
import { readPluginList } from "../../../tools/image/plugin-list.ts";

it("names tarballs from anywhere by what they are called in the build", () => {
  expect(readPluginList("command-executor, ../acme-wasm-1.0.0.tgz\n@acme/sql@^1.2.0")).toEqual({
    list: "command-executor,supplied/acme-wasm-1.0.0.tgz,@acme/sql@^1.2.0",
    tarballs: { "acme-wasm-1.0.0.tgz": resolve("../acme-wasm-1.0.0.tgz") },
  });
});

it("leaves the Dockerfile its own list where none is given", () => {
  expect(readPluginList(undefined)).toEqual({ list: undefined, tarballs: {} });
});

it("refuses two tarballs of one name, and takes one twice", () => {
  expect(() => readPluginList("a/x.tgz b/x.tgz")).toThrow(/a\/x\.tgz and .*b\/x\.tgz have one name/);
  expect(readPluginList("a/x.tgz ./a/x.tgz").tarballs).toEqual({ "x.tgz": resolve("a/x.tgz") });
});
