import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { pages, read, root } from "./pages.ts";

it.each(pages)("every link of %s leads somewhere", (page) => {
  expect(linksOf(page).filter((target) => !leadsSomewhere(page, target))).toEqual([]);
});

it("pages are found", () => {
  expect(pages).toEqual(expect.arrayContaining(["README.md", "docs/authoring.md", "plugins/coordinator/README.md"]));
});

it("every page of docs can be reached from the README", () => {
  const reached = new Set(["README.md"]);
  for (const page of reached)
    for (const target of linksOf(page).filter((one) => !one.startsWith("#"))) {
      const file = path.join(path.dirname(page), target.split("#", 1)[0] ?? "");
      const found = file.endsWith(".md") ? [file] : pages.filter((one) => path.dirname(one) === file);
      for (const one of found) if (existsSync(path.join(root, one))) reached.add(one);
    }
  expect(pages.filter((page) => page.startsWith("docs/") && !reached.has(page))).toEqual([]);
});

/** Links to places inside of the repository. */
function linksOf(page: string): string[] {
  const text = read(page).replace(/^```.*?^```$/gms, "");
  const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);
  return targets.filter((target) => !/^[a-z]+:/.test(target));
}

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
