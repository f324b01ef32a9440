import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findCrossings } from "../../tools/check-boundaries.ts";

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "boundaries-"));
  await addPackage("core", "leasehold", "export const core = 1;\n");
  await addPackage("plugins/one", "@leasehold/one", 'import { core } from "leasehold";\nexport { core };\n', [
    "../../core",
  ]);
});

afterEach(() => rm(root, { recursive: true }));

describe("findCrossings", () => {
  it("finds none in this repository", () => {
    expect(findCrossings(join(import.meta.dirname, "../.."))).toEqual([]);
  });

  it("accepts a plugin that imports the core", () => {
    expect(findCrossings(root)).toEqual([]);
  });

  it("refuses a core that imports a plugin", async () => {
    await addFile("core/src/late.ts", 'export const one = () => import("@leasehold/one");\n');
    expect(findCrossings(root)).toEqual([
      'core/src/late.ts imports "@leasehold/one": the core imports no workspace package',
      "core/tsconfig.json lacks a reference to plugins/one",
    ]);
  });

  it("refuses a neighbour that is not declared", async () => {
    await addPackage("plugins/two", "@leasehold/two", 'import type {} from "@leasehold/one";\n', ["../one"]);
    expect(findCrossings(root)).toEqual([
      'plugins/two/src/index.ts imports "@leasehold/one": @leasehold/one is neither in dependsOn nor in uses',
    ]);
  });

  it("refuses more than types of a declared neighbour", async () => {
    const index = 'import { core } from "@leasehold/one";\nexport const two = { uses: ["one"], core };\n';
    await addPackage("plugins/two", "@leasehold/two", index, ["../one"]);
    expect(findCrossings(root)).toEqual([
      'plugins/two/src/index.ts imports "@leasehold/one": a neighbour is imported with `import type` only',
    ]);
  });

  it("refuses a path into another package", async () => {
    await addFile("plugins/one/src/deep.ts", 'export * from "../../../core/src/index.ts";\n');
    expect(findCrossings(root)).toEqual([
      'plugins/one/src/deep.ts imports "../../../core/src/index.ts": it leaves plugins/one/src',
    ]);
  });
});

async function addPackage(directory: string, name: string, index: string, references: readonly string[] = []) {
  await addFile(`${directory}/package.json`, JSON.stringify({ name }));
  await addFile(`${directory}/tsconfig.json`, JSON.stringify({ references: references.map((path) => ({ path })) }));
  await addFile(`${directory}/src/index.ts`, index);
}

async function addFile(path: string, text: string) {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
}
