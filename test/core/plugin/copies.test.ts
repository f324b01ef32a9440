import { definePlugin } from "leasehold";
import { describe, expect, it } from "vitest";
import { findCopies } from "../../../core/src/plugin/copies.ts";

const mine = definePlugin({ name: "mine", apiVersion: 1 })();

describe("findCopies", () => {
  it("finds nothing wrong with this process", () => {
    expect(findCopies([mine])).toEqual([]);
  });

  it.each(["tsyringe", "reflect-metadata"])("names the folders of two copies of %s", (name) => {
    const loaded = [
      `/app/node_modules/${name}/dist/cjs/index.js`,
      `/app/node_modules/${name}/dist/cjs/other.js`,
      `/app/node_modules/.pnpm/x@1/node_modules/${name}/Reflect.js`,
      `/app/node_modules/${name}-extras/index.js`,
      `/app/node_modules/${name}/node_modules/inner/index.js`,
      `/app/src/${name}/index.js`,
    ];
    expect(findCopies([mine], loaded).map(({ message }) => message)).toEqual([
      `two copies of ${name} are loaded: /app/node_modules/${name} and /app/node_modules/.pnpm/x@1/node_modules/${name}`,
    ]);
  });

  it("knows paths of Windows", () => {
    const loaded = ["C:\\app\\node_modules\\tsyringe\\index.js", "D:\\lib\\node_modules\\tsyringe\\index.js"];
    expect(findCopies([], loaded)[0]?.message).toContain("C:\\app\\node_modules\\tsyringe and D:\\lib");
  });
});
