import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { runScript } from "../../run-script.ts";

const script = (...args: string[]) => runScript("test-procedural/scripts/test/test", args);

describe("the test script", () => {
  it("prints what it is told on both streams", async () => {
    expect(await script("--stdout", "p", "--stderr", "E", "--exit-code", "3")).toEqual({
      code: 3,
      stdout: "p\n",
      stderr: "E\n",
    });
  });

  it("says nothing when told nothing", async () => {
    for (const args of [[], ["--stdout", "", "--stderr", ""]]) {
      expect(await script(...args)).toEqual({ code: 0, stdout: "", stderr: "" });
    }
  });

  it("prints JSON when told so", async () => {
    expect((await script("--stdout", "ok", "--json")).stdout).toBe('{"output": "ok"}\n');
    expect((await script("--json")).stdout).toBe('{"output": ""}\n');
  });

  it.each([
    ["-n", ""],
    ["-neE", ""],
    ["-e", "\n"],
    ["-E", "\n"],
  ])("loses the text %s, as the shell's echo does", async (text, printed) => {
    expect(await script("--stdout", text, "--stderr", text)).toEqual({ code: 0, stdout: printed, stderr: printed });
    expect((await script("--stdout", text, "--json")).stdout).toBe(`{"output": "${text}"}\n`);
  });

  it("prints backslashes as they are", async () => {
    expect((await script("--stdout", "a\\nb\\c")).stdout).toBe("a\\nb\\c\n");
  });

  it.each([
    ["0", 0],
    ["255", 255],
    ["256", 0],
    ["259", 3],
    ["-1", 255],
    ["08", 8],
  ])("exits with %s modulo 256", async (text, code) => {
    expect((await script("--exit-code", text)).code).toBe(code);
  });

  it.each(["x", "", "1.5", "99999999999999999999"])("refuses the exit code %j after its output", async (text) => {
    const { code, stdout, stderr } = await script("--exit-code", text, "--stdout", "p");
    expect({ code, stdout }).toEqual({ code: 2, stdout: "p\n" });
    expect(stderr).toBe(`Error: --exit-code takes an integer, not: ${text}\n`);
  });

  it.each(["--stdout", "--stderr", "--exit-code"])("wants a value for %s", async (flag) => {
    expect(await script("--json", flag)).toEqual({ code: 1, stdout: "", stderr: `Error: ${flag} needs a value\n` });
  });

  it("refuses what it does not know", async () => {
    expect(await script("--stdout", "p", "--x")).toEqual({
      code: 1,
      stdout: "",
      stderr: "Error: Unknown parameter: --x\n",
    });
  });

  it("prints every text as JSON", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "binary" }), async (text) => {
        const output = text.replaceAll("\0", "").toWellFormed();
        expect(JSON.parse((await script("--json", "--stdout", output)).stdout)).toEqual({ output });
      }),
      { numRuns: 60 },
    );
  });
});
