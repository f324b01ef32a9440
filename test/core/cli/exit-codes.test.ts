import { expect, it } from "vitest";
import { describeExitCodes } from "../../../core/src/cli/exit-codes.ts";

const codesOf = (text: string) => [...text.matchAll(/^ {2}(\d+) /gm)].map(([, code]) => Number(code));

it("lists each exit code once, in order", () => {
  const codes = codesOf(describeExitCodes(["run", "submit", "drain", "health", "doctor"]));
  expect(codes).toEqual([0, 1, 2, 3, 129, 130, 143]);
});

it("names the commands that there are, and no others", () => {
  const without = describeExitCodes(["run", "drain", "health", "doctor"]);
  expect(without).toContain("; doctor, health: not all is well; run: the agent failed;");
  expect(without).not.toContain("submit");
  expect(describeExitCodes(["run", "submit"])).toContain("submit: interrupted, or the run was stopped");
  expect(codesOf(describeExitCodes([]))).toEqual([0, 1, 2]);
});
