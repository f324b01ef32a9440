import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

export const ROOT = join(import.meta.dirname, "../..");

/** All files of tests, from the root of the repository. */
export async function testFiles(): Promise<string[]> {
  const names = await readdir(join(ROOT, "test"), { recursive: true });
  return names.filter((name) => name.endsWith(".test.ts")).map((name) => `test/${name}`);
}

/** The titles of the tests in files: what `it` and `test` are called with, plain or for each of some cases, and what begins a case. */
export async function titlesOf(files: Iterable<string>): Promise<Map<string, string[]>> {
  const titles = new Map<string, string[]>();
  for (const file of files) {
    const source = await readFile(join(ROOT, file), "utf8").catch(() => "");
    const found = source.matchAll(/(?:\b(?:it|test)\(|\)\(|\[)\s*(?:"((?:[^"\\]|\\.)*)"|`([^`]*)`)/g);
    titles.set(
      file,
      Array.from(found, ([, quoted, template]) => quoted ?? template ?? ""),
    );
  }
  return titles;
}
