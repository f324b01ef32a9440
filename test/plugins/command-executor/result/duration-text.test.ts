import { expect, it } from "vitest";
import { durationText } from "../../../../plugins/command-executor/src/result/duration-text.ts";

it.each([
  [300, "5 minutes"],
  [60, "1 minute"],
  [90, "90 seconds"],
  [1, "1 second"],
  [0.5, "0.5 seconds"],
  [7200, "120 minutes"],
])("%d seconds are %s", (seconds, text) => expect(durationText(seconds)).toBe(text));
