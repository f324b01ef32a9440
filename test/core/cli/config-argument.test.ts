import { describe, expect, it } from "vitest";
import { findConfigArgument } from "../../../core/src/cli/config-argument.ts";

describe("findConfigArgument", () => {
  it.each([
    ["before the command", ["--config", "f", "start"], "f"],
    ["behind the command", ["start", "--config=f"], "f"],
    ["behind other flags", ["start", "--tags", "a", "-v", "--config", "f"], "f"],
    ["behind flags of a run", ["run", "-v", "--profile", "x", "--config", "f", "echo"], "f"],
    ["behind a plugin's flag", ["run", "--url", "u", "--config", "f", "echo"], "f"],
  ])("finds it %s", (_where, argv, file) => {
    expect(findConfigArgument(argv)).toBe(file);
  });

  it.each([
    ["behind an agent", ["run", "echo", "--config", "f"]],
    ["behind an agent that follows a flag", ["run", "--verbose", "echo", "--config", "f"]],
    ["behind an operand of a plugin's command", ["submit", "echo", "--config", "f"]],
    ["behind an operand that follows a negated flag", ["submit", "--no-wait", "echo", "--config", "f"]],
    ["behind a double dash", ["start", "--", "--config", "f"]],
    ["nowhere", ["start"]],
  ])("leaves alone what stands %s", (_where, argv) => {
    expect(findConfigArgument(argv)).toBeUndefined();
  });
});
