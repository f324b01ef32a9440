import { existsSync, globSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";

const root = path.join(import.meta.dirname, "../..");
const PAGES = [
  "*.md",
  "docs/**/*.md",
  "core/*.md",
  "plugins/*/*.md",
  "profiles/*/*.md",
  "examples/*/*.md",
  "test/**/*.md",
];
const pages = globSync(PAGES, { cwd: root, exclude: ["**/node_modules/**"] });

it.each(pages)("every link of %s leads somewhere", (page) => {
  const text = readFileSync(path.join(root, page), "utf8").replace(/^```.*?^```$/gms, "");
  const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);
  const inside = targets.filter((target) => !/^[a-z]+:/.test(target));
  expect(inside.filter((target) => !leadsSomewhere(page, target))).toEqual([]);
});

it("pages are found", () => {
  expect(pages).toEqual(expect.arrayContaining(["README.md", "docs/authoring.md", "plugins/coordinator/README.md"]));
});

function leadsSomewhere(page: string, target: string): boolean {
  const [file = "", anchor] = target.split("#", 2);
  const place = file === "" ? path.join(root, page) : path.resolve(root, path.dirname(page), file);
  if (!existsSync(place)) return false;
  return anchor === undefined || slugsOf(readFileSync(place, "utf8")).includes(anchor);
}

/** Headings as their anchors are made: lower case, marks dropped, spaces as hyphens. */
function slugsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s-]/gu, "")
      .trim()
      .replaceAll(" ", "-"),
  );
}
