import { describe, expect, it } from "vitest";
import { exitCodeOf } from "../../../../plugins/coordinator/src/submit/exit-code.ts";

describe("exitCodeOf", () => {
  it.each([
    ["completed", undefined, 0],
    ["completed", 0, 0],
    ["completed", 7, 7],
    ["failed", undefined, 1],
    ["failed", 3, 3],
    ["failed", 124, 124],
    ["failed", 0, 1],
    ["failed", -9, 137],
    ["failed", 256, 1],
    ["failed", 1.5, 1],
    ["failed", "3", 1],
    ["stopped", undefined, 130],
    ["stopped", -15, 130],
  ])("makes of %s with %s the code %i", (status, returnCode, code) => {
    expect(exitCodeOf(status, returnCode)).toBe(code);
  });
});
