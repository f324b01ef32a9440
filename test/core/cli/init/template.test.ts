import { describe, expect, it } from "vitest";
import { draftConfig } from "../../../../core/src/cli/init/template.ts";

describe("draftConfig", () => {
  it("names every package that it imports", () => {
    const { text, packages } = draftConfig({ coordinatorUrl: "http://c", profile: "test-procedural", concurrency: 2 });
    expect([...text.matchAll(/ from "(.+)";/g)].map(([, name]) => name)).toEqual(packages);
    expect(text).toContain("testProcedural(),");
  });

  it("keeps an address with quotes within its string", () => {
    const { text } = draftConfig({ coordinatorUrl: `http://c/"; evil("`, profile: "echo", concurrency: 2 });
    expect(text).toContain(String.raw`url: "http://c/\"; evil(\"",`);
  });

  it("writes a profile for a name of one's own, also one of every object", () => {
    const { text } = draftConfig({ coordinatorUrl: "http://c", profile: "constructor", concurrency: 2 });
    expect(text).toContain(`name: "constructor",`);
  });
});
