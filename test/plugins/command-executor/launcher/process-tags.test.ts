import { describe, expect, it } from "vitest";
import { bearsTag, ProcessTags } from "../../../../plugins/command-executor/src/launcher/process-tags.ts";

const MANY = 500;

function take(tags: ProcessTags, count: number): bigint[] {
  return Array.from({ length: count }, () => tags.take()!);
}

describe("ProcessTags", () => {
  it("gives every run its own", () => {
    expect(new Set(take(new ProcessTags(), MANY)).size).toBe(MANY);
  });

  it("gives a runner inside a run tags of that run's block, below its limit", () => {
    const [outer, stranger] = take(new ProcessTags(), 2) as [bigint, bigint];
    const inner = take(new ProcessTags(outer), MANY);
    expect(new Set(inner).size).toBe(MANY);
    for (const tag of inner) {
      expect(tag).toBeLessThan(outer);
      expect(bearsTag(tag, outer)).toBe(true);
      expect(bearsTag(tag, stranger)).toBe(false);
    }
    const innermost = take(new ProcessTags(inner[0]), MANY);
    expect(innermost.every((tag) => tag < inner[0]! && bearsTag(tag, outer) && !bearsTag(tag, inner[0]!))).toBe(true);
  });

  it("tells runs inside one run apart", () => {
    const [one, other] = take(new ProcessTags(2n ** 61n), 2) as [bigint, bigint];
    expect(bearsTag(one, one)).toBe(true);
    expect(bearsTag(one, other)).toBe(false);
  });

  it("goes without when our own limit leaves no room", () => {
    expect(new ProcessTags(1000n).take()).toBeUndefined();
  });
});
