import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { hurry } from "./runner/hurry.ts";
import { mutations } from "./runner/mutations.ts";
import { patched } from "./runner/patch.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

it.each([{ name: "hurry", patches: hurry }, ...mutations])("$name still fits the sources", async ({ patches }) => {
  for (const patch of patches) {
    const source = await readFile(root + patch.file, "utf8");
    expect(patched(source, patch)).not.toBe(source);
  }
});

it("refuses a patch that fits nowhere, or twice", () => {
  const patch = { file: "a.ts", find: "x", replace: "y" };
  expect(() => patched("abc", patch)).toThrow("0 times");
  expect(() => patched("axbx", patch)).toThrow("2 times");
});
