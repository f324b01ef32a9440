import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { runScript } from "../../run-script.ts";

const echo = (...args: string[]) => runScript("echo/scripts/echo/echo", args);

describe("the echo script", () => {
  it("prints its message as an object", async () => {
    expect(await echo("--message", "good morning")).toEqual({
      code: 0,
      stdout: '{"message": "good morning"}\n',
      stderr: "",
    });
  });

  it("prints the last of several messages", async () => {
    expect((await echo("--message", "one", "--message", "two")).stdout).toBe('{"message": "two"}\n');
  });

  it("takes any word for a message", async () => {
    expect((await echo("--message", "--message")).stdout).toBe('{"message": "--message"}\n');
  });

  it.each([[[]], [["--message", ""]], [["--message"]], [["--message", "x", "--message"]]])(
    "wants a message: %j",
    async (args) => {
      expect(await echo(...args)).toEqual({ code: 1, stdout: "", stderr: "Error: --message parameter is required\n" });
    },
  );

  it.each(["--other", "", "message", "--message=x", "-n"])("refuses the parameter %j", async (word) => {
    expect(await echo("--message", "x", word)).toEqual({
      code: 1,
      stdout: "",
      stderr: `Error: Unknown parameter: ${word}\n`,
    });
  });

  it("escapes every character that JSON wants escaped", async () => {
    const message = `${String.fromCharCode(...Array.from({ length: 127 }, (_, code) => code + 1))}&\\n%s`;
    expect(JSON.parse((await echo("--message", message)).stdout)).toEqual({ message });
  });

  it("prints every message as JSON", async () => {
    const tricky = fc.constantFrom("\\", '"', "'", "\n", "\t", "&", "%s", "$", "`", "*", "\x7f", "\u2028", "é", "😀");
    const message = fc.array(fc.oneof(tricky, fc.string({ unit: "binary" }))).map((parts) => clean(parts.join("")));
    await fc.assert(
      fc.asyncProperty(message, async (text) => {
        if (text !== "") expect(JSON.parse((await echo("--message", text)).stdout)).toEqual({ message: text });
      }),
      { numRuns: 60 },
    );
  });

  it("copes with the longest message", async () => {
    const message = '"\n'.repeat(60_000);
    expect(JSON.parse((await echo("--message", message)).stdout)).toEqual({ message });
  });
});

/** What can be an argument: no null, no lone surrogate. */
function clean(text: string): string {
  return text.replaceAll("\0", "").toWellFormed();
}
