import { describe, expect, it } from "vitest";
import { memberOf } from "../../tools/engine/zip.ts";

/** `a.txt` stored as "plain", `b/c.txt` deflated as a hundred times "x". */
const ARCHIVE = Buffer.from(
  "UEsDBBQAAAAAAAAAIQDPYiAZBQAAAAUAAAAFAAAAYS50eHRwbGFpblBLAwQUAAAACAAAACEAj10OXgYAAABkAAAABwAAAGIvYy50eHSrqKA9AABQSwECFAMUAAAAAAAAACEAz2IgGQUAAAAFAAAABQAAAAAAAAAAAAAAgAEAAAAAYS50eHRQSwECFAMUAAAACAAAACEAj10OXgYAAABkAAAABwAAAAAAAAAAAAAAgAEoAAAAYi9jLnR4dFBLBQYAAAAAAgACAGgAAABTAAAAAAA=",
  "base64",
);

describe("a member of a zip archive", () => {
  it("is read where it is stored", () => {
    expect(memberOf(ARCHIVE, "a.txt").toString()).toBe("plain");
  });

  it("is read where it is deflated", () => {
    expect(memberOf(ARCHIVE, "b/c.txt").toString()).toBe("x".repeat(100));
  });

  it("is missed by name", () => {
    expect(() => memberOf(ARCHIVE, "c.txt")).toThrow("the archive has no c.txt");
  });

  it("is not looked for in something else", () => {
    expect(() => memberOf(Buffer.from("no archive, though long enough"), "a")).toThrow("not a zip archive");
  });
});
