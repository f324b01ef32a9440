import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT, testFiles, titlesOf } from "./titles.ts";

/** Every series of numbers that the document covers, and how many it has. */
const SERIES = { "AOF-D": 42, "AOF-H": 18, "OKEN-D": 42 };
const NUMBER = new RegExp(`(?:${Object.keys(SERIES).join("|")})\\d+`, "g");

describe("docs/reference-defects.md", () => {
  it("has one row for every number", async () => {
    const numbers = (await rows()).map(({ number }) => number);
    const wanted = Object.entries(SERIES).flatMap(([prefix, count]) =>
      Array.from({ length: count }, (_, index) => `${prefix}${index + 1}`),
    );
    expect(numbers).toEqual(wanted);
  });

  it("names a test for each, or says why it does not apply", async () => {
    const bare = (await rows()).filter(({ tests, text }) => tests.length === 0 && !text.includes("Does not apply: "));
    expect(bare.map(({ number }) => number)).toEqual([]);
  });

  it("names only tests that there are", async () => {
    const named = (await rows()).flatMap(({ number, tests }) => tests.map((test) => ({ number, ...test })));
    const titles = await titlesOf(new Set(named.map(({ file }) => file)));
    const missing = named.filter(({ file, title }) => !titles.get(file)?.includes(title));
    expect(missing).toEqual([]);
  });

  it("names every test whose title names a number", async () => {
    const known = new Set(
      (await rows()).flatMap(({ number, tests }) => tests.map(({ title }) => `${number} ${title}`)),
    );
    const titles = await titlesOf(await testFiles());
    const told = [...titles.values()]
      .flat()
      .flatMap((title) => (title.match(NUMBER) ?? []).map((number) => `${number} ${title}`));
    expect(told.length).toBeGreaterThan(10);
    expect(told.filter((test) => !known.has(test))).toEqual([]);
  });
});

interface Row {
  readonly number: string;
  readonly text: string;
  readonly tests: readonly { readonly file: string; readonly title: string }[];
}

/** The rows of all tables, of whatever reference: `| NUMBER | defect | tests |`. */
async function rows(): Promise<Row[]> {
  const text = await readFile(join(ROOT, "docs/reference-defects.md"), "utf8");
  return text.split("\n").flatMap((line) => {
    const [, number, , last = ""] = line.split("|").map((cell) => cell.trim());
    if (number === undefined || !/^[A-Z]+-[DH]\d+$/.test(number)) return [];
    const tests = [...last.matchAll(/`([^`]+\.test\.ts)`: "([^"]+)"/g)].map(([, file = "", title = ""]) => ({
      file,
      title,
    }));
    return [{ number, text: last, tests }];
  });
}
