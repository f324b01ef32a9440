import { join, relative } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { entryPath } from "../../../../plugins/script-executor/src/archive/entry-path.ts";
import { linkFault } from "../../../../plugins/script-executor/src/archive/link-target.ts";

const step = fc.oneof(
  fc.constantFrom("..", ".", "", "s", "a", "b", "\\", "~", "a\0", " "),
  fc.string({ maxLength: 3 }),
);
const name = fc.array(step, { maxLength: 6 }).map((steps) => steps.join("/"));

describe("any name", () => {
  it("is refused or a plain path below the script's folder", () => {
    fc.assert(
      fc.property(name, (given) => {
        let path: string[];
        try {
          path = entryPath(given, "s", 100);
        } catch {
          return;
        }
        expect(relative("/root/s", join("/root", given)).split("/").filter(Boolean)).toEqual(path);
      }),
      { numRuns: 5_000 },
    );
  });
});

describe("any link", () => {
  const kinds = new Map([
    ["", "implied"],
    ["a", "directory"],
    ["a/b", "file"],
    ["l", "link"],
    ["a/l", "link"],
  ] as const);
  it("is refused or leads to something of the script", () => {
    fc.assert(
      fc.property(fc.constantFrom(["l"], ["a", "l"]), name, (path, target) => {
        if (linkFault(path, target, (inside) => kinds.get(inside as "a")) !== undefined) return;
        const at = relative("/root", join("/root", ...path, "..", target));
        expect(["", "a", "a/b"]).toContain(at);
      }),
      { numRuns: 5_000 },
    );
  });
});
