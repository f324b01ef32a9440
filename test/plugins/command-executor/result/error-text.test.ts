import { SecretStore } from "leasehold";
import { describe, expect, it } from "vitest";
import { errorText } from "../../../../plugins/command-executor/src/result/error-text.ts";
import type { Report } from "../../../../plugins/command-executor/src/result/report.ts";
import { resultOf } from "../../../../plugins/command-executor/src/result/result-of.ts";

function textOf(stdout: string, stderr: string): string {
  const report: Report = {
    returnCode: 3,
    stdout: { text: stdout, droppedBytes: 0 },
    stderr: { text: stderr, droppedBytes: 0 },
    outputBytes: 100,
  };
  return errorText(report, resultOf(report), new SecretStore().runner);
}

describe("errorText", () => {
  it("is standard error, trimmed", () => expect(textOf("p", "\r\ndisk full\r\n")).toBe("disk full"));

  it("is the result on one line when standard error is blank", () => {
    expect(textOf("p", " \n")).toBe('(stdout) {"return_code": 3, "stdout": "p", "stderr": ""}');
    expect(textOf('{"a":\n1.50}', "")).toBe('(stdout) {"a": 1.5}');
  });

  it("is cut at a character where it is huge", () => {
    const text = textOf("", `x${"é".repeat(40_000)}`);
    expect(text).toBe(`x${"é".repeat(32_767)}\n[error text cut after 65536 bytes]`);
  });
});
