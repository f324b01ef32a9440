import { describe, expect, it } from "vitest";
import { parseFlag } from "../../../core/src/config/flag.ts";

describe("parseFlag", () => {
  it("takes a flag apart", () => {
    expect(parseFlag("-t, --tags <list>")).toEqual({
      text: "-t, --tags <list>",
      short: "-t",
      long: "--tags",
      takesValue: true,
    });
    expect(parseFlag("--no-colour")).toEqual({ text: "--no-colour", long: "--no-colour", takesValue: false });
  });

  it.each(["", "tags", "-t", "--Tags", "--tags [list]", "--tags <a> <b>", "-tt, --tags"])("refuses %j", (text) => {
    expect(parseFlag(text)).toBeUndefined();
  });
});
