import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { catalogue } from "../../../core/src/errors/catalogue.ts";

const SOURCES = join(import.meta.dirname, "../../../core/src");

/** Everything that the core's sources say, but for the catalogue itself. */
async function sources(): Promise<string> {
  const files = await readdir(SOURCES, { recursive: true });
  const paths = files.filter((file) => file.endsWith(".ts") && !file.endsWith("catalogue.ts"));
  return (await Promise.all(paths.map((path) => readFile(join(SOURCES, path), "utf8")))).join("\n");
}

describe("the error catalogue", () => {
  it("holds no code that nothing throws", async () => {
    const text = await sources();
    expect(Object.keys(catalogue).filter((code) => !text.includes(`"${code}"`))).toEqual([]);
  });

  it("holds every code that is thrown or put into an outcome", async () => {
    const text = await sources();
    const named = [...text.matchAll(/(?:LeaseholdError\(\s*|code: |code : |toRunError\(error, )"([A-Z_]+)"/g)].map(
      ([, code]) => code as string,
    );
    expect(named.length).toBeGreaterThan(20);
    expect([...new Set(named)].filter((code) => !(code in catalogue))).toEqual([]);
  });

  it.each(Object.entries(catalogue))("says what happened and what to do for %s", (_code, { message, fix }) => {
    expect(message).toMatch(/\S/);
    expect(fix).toMatch(/^[A-Z].*\.$/);
  });
});
