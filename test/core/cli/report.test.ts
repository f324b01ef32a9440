import { PassThrough } from "node:stream";
import { CommandError } from "leasehold";
import { expect, it } from "vitest";
import { reportFailure } from "../../../core/src/cli/report.ts";
import { processTerminal } from "../../../core/src/cli/terminal.ts";

it("shows control characters of quoted texts as such", () => {
  const stderr = new PassThrough();
  const thrown = new CommandError("it said \u001b[2Jboo:\n  - \u009b31m", "Ask \u001b]0;evil\u0007.");
  expect(reportFailure(thrown, { ...processTerminal(), stderr }, false)).toBe(1);
  expect(String(stderr.read())).toBe(
    "leasehold: it said \\u001b[2Jboo:\n  - \\u009b31m\n    Ask \\u001b]0;evil\\u0007.\n",
  );
});
