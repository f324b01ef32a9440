import { definePlugin } from "leasehold";
import { describe, expect, it } from "vitest";
import { checkCopies, checkNode } from "../../../../core/src/cli/doctor/check-machine.ts";

describe("checkNode", () => {
  it.each(["22.19.0", "22.20.1", "24.0.0"])("likes %s", (version) => {
    expect(checkNode(version)).toEqual({ check: "Node", ok: true, detail: version });
  });

  it.each(["22.18.9", "20.20.0"])("refuses %s", (version) => {
    expect(checkNode(version)).toMatchObject({ ok: false, fix: "Install Node 22.19 or later." });
  });
});

describe("checkCopies", () => {
  const plugin = definePlugin({ name: "some", apiVersion: 1 })();

  it("likes one core", () => {
    expect(checkCopies([plugin], [])).toEqual([{ check: "core copies", ok: true, detail: "one" }]);
  });

  it("finds a plugin of another core", () => {
    const foreign = { ...plugin, core: "file:///elsewhere/leasehold/" };
    expect(checkCopies([plugin, foreign], [])).toMatchObject([
      { ok: false, problem: expect.stringContaining("/elsewhere/leasehold/"), fix: expect.stringContaining("npm ls") },
    ]);
  });
});
