import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Demands, mergeDemands } from "../../../plugins/embedded-coordinator/src/demands.ts";
import { matches } from "../../../plugins/embedded-coordinator/src/matching.ts";

const RUNNER = {
  hostname: "build-07",
  project_dir: "/srv/jobs",
  executor_profile: "echo",
  executor: { type: "procedural" },
  tags: ["posix", "gpu"],
  require_matching_tags: false,
};
const PICKY = { ...RUNNER, require_matching_tags: true };

describe("matching", () => {
  test.each<[string, Demands | null, boolean, boolean]>([
    ["no demands", null, true, false],
    ["empty demands", { tags: [] }, true, false],
    ["its host", { hostname: "build-07", tags: [] }, true, false],
    ["another host", { hostname: "BUILD-07", tags: [] }, false, false],
    ["an empty host", { hostname: "", tags: [] }, true, false],
    ["its directory", { project_dir: "/srv/jobs", tags: [] }, true, false],
    ["its directory with a slash", { project_dir: "/srv/jobs/", tags: [] }, false, false],
    ["another profile", { executor_profile: "other", tags: [] }, false, false],
    ["its type", { executor_type: "procedural", tags: [] }, true, false],
    ["another type", { executor_type: "autonomous", tags: [] }, false, false],
    ["one of its tags", { tags: ["gpu"] }, true, true],
    ["all of its tags", { tags: ["gpu", "posix"] }, true, true],
    ["a tag too many", { tags: ["gpu", "arm"] }, false, false],
  ])("answers for %s", (_name, demands, plain, picky) => {
    expect(matches(demands, RUNNER)).toBe(plain);
    expect(matches(demands, PICKY)).toBe(picky);
  });

  test("refuses a demanded type to a runner without one", () => {
    expect(matches({ executor_type: "procedural", tags: [] }, { ...RUNNER, executor: {} })).toBe(false);
  });

  test("only narrows when demands are added", () => {
    const tag = fc.constantFrom<string>("a", "b", "c");
    const scalar = fc.option(fc.constantFrom("x", "y", ""), { nil: undefined });
    const demands = fc.record({ hostname: scalar, project_dir: scalar, executor_profile: scalar, tags: fc.array(tag) });
    const runner = fc.record({
      hostname: fc.constantFrom("x", "y"),
      project_dir: fc.constantFrom("x", "y"),
      executor_profile: fc.constantFrom("x", "y"),
      executor: fc.constant({}),
      tags: fc.array(tag),
      require_matching_tags: fc.constant(false),
    });
    fc.assert(
      fc.property(demands, demands, runner, (strong, weak, candidate) => {
        const both = mergeDemands([strong, weak]);
        expect(matches(both, candidate)).toBe(
          matches({ ...both, tags: [] }, candidate) && both.tags.every((name) => candidate.tags.includes(name)),
        );
        if (matches(both, candidate)) expect(matches(mergeDemands([strong]), candidate)).toBe(true);
      }),
    );
  });
});

describe("merging demands", () => {
  test("takes the first value that is not empty and all tags", () => {
    const merged = mergeDemands([
      { hostname: "", tags: ["a"] },
      { hostname: "one", executor_profile: null, tags: ["b", "a"] },
      { hostname: "two", executor_profile: "p" },
    ]);
    expect(merged).toEqual({ hostname: "one", executor_profile: "p", tags: ["a", "b"] });
  });

  test("omits what nobody demands, but never the tags", () => {
    expect(mergeDemands([{ hostname: null }])).toEqual({ tags: [] });
  });
});
