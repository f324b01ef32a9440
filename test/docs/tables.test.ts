import { expect, it } from "vitest";
import { pages, read } from "./pages.ts";

it.each(pages)("every row of the tables of %s has the cells of its heading", (page) => {
  expect(oddRows(read(page))).toEqual([]);
});

it("a row with a cell too many is found", () => {
  expect(oddRows("| a | b |\n| --- | --- |\n| 1 | 2 |\n| 1 \\| 2 | 3 |\n| 1 | 2 | 3 |\n")).toEqual(["| 1 | 2 | 3 |"]);
});

function oddRows(text: string): string[] {
  const tables = text.replace(/^```.*?^```$/gms, "").match(/(?:^\|.*\|[ \t]*$\n?)+/gm) ?? [];
  return tables.flatMap((table) => {
    const [heading = "", ...rows] = table.trimEnd().split("\n");
    return rows.filter((row) => cellsOf(row) !== cellsOf(heading));
  });
}

/** A pipe separates unless a backslash stands in front of it, within code too. */
function cellsOf(row: string): number {
  return row.trim().split(/(?<!\\)\|/).length;
}
