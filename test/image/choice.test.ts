import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readChoices } from "../../image/choice.ts";

const FIRST_PARTY = ["coordinator", "echo", "command-executor", "docker-oken"];
const written = (text: string): string[] => readChoices(text, FIRST_PARTY).map((choice) => choice.written);

describe("the list of an image's plugins", () => {
  it("begins with the coordinator and ends with echo", () => {
    expect(written("docker-oken, command-executor")).toEqual([
      "coordinator",
      "docker-oken",
      "command-executor",
      "echo",
    ]);
    expect(written("")).toEqual(["coordinator", "echo"]);
  });

  it("keeps the places that it gives itself", () => {
    expect(written("echo command-executor coordinator")).toEqual(["echo", "command-executor", "coordinator"]);
    expect(written("echo,command-executor")).toEqual(["coordinator", "echo", "command-executor"]);
  });

  it("takes the coordinator and echo as npm specs too, once", () => {
    expect(written("@leasehold/coordinator@0.1.0,@leasehold/profile-echo@^0.1.0")).toEqual([
      "@leasehold/coordinator@0.1.0",
      "@leasehold/profile-echo@^0.1.0",
    ]);
  });

  it("leaves out what it excludes", () => {
    expect(written("command-executor,-echo,-coordinator")).toEqual(["command-executor"]);
    expect(() => written("-docker-oken")).toThrow("-docker-oken excludes what is not in the list");
  });

  it("tells first-party plugins, packages and tarballs apart", () => {
    const text = "docker-oken,@acme/wasm@^1.2.0,acme,supplied/a-1.0.0.tgz";
    expect(readChoices(text, FIRST_PARTY).map(({ from }) => from)).toEqual([
      "first-party",
      "first-party",
      "registry",
      "registry",
      "tarball",
      "first-party",
    ]);
  });

  it.each(["../a.tgz", "/a.tgz", "supplied/../a.tgz", "git+ssh://x", "https://x/y", "a@file:../x", "$(id)", "--flag"])(
    "refuses %s by name",
    (word) => expect(() => written(word)).toThrow(word.replace(/^-/, "")),
  );

  it("never gives npm a flag, a path or an address", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        let chosen: ReturnType<typeof readChoices> = [];
        try {
          chosen = readChoices(text, FIRST_PARTY);
        } catch {}
        for (const { written, from } of chosen) if (from === "registry") expect(written).toMatch(/^[@a-z0-9~][^:\\]*$/);
      }),
    );
  });
});
