import { coreOptions } from "../config/core-options.ts";
import { readFields } from "../config/option-field.ts";

/** Commands without operands: whatever stands behind them is ours. */
const WITHOUT_OPERANDS = ["start", "config", "plugins", "profiles", "doctor", "init"];

/**
 * Finds `--config FILE` before the configuration, and with it the plugins' flags, is known. Behind `run <agent>` and the like
 * the words are the agent's; a flag that is not the core's counts as taking a value. Put `--config` first where that is wrong.
 */
export function findConfigArgument(argv: readonly string[]): string | undefined {
  const words = [...argv];
  let operands = 0;
  let allOurs = false;
  for (let word = words.shift(); word !== undefined && word !== "--"; word = words.shift()) {
    if (word === "--config") return words[0];
    if (word.startsWith("--config=")) return word.slice("--config=".length);
    if (word.startsWith("-")) {
      if (takesNextWord(word, words[0])) words.shift();
    } else if (operands++ === 0) allOurs = WITHOUT_OPERANDS.includes(word);
    else if (!allOurs) return undefined;
  }
  return undefined;
}

function takesNextWord(flag: string, next: string | undefined): boolean {
  if (flag.includes("=") || next === undefined || next.startsWith("-")) return false;
  return !flag.startsWith("--no-") && !valuelessFlags().has(flag);
}

function valuelessFlags(): Set<string> {
  const flags = readFields("", coreOptions).fields.flatMap(({ flag }) => (flag && !flag.takesValue ? [flag] : []));
  const names = flags.flatMap(({ short, long }) => [short, long]).filter((name) => name !== undefined);
  return new Set([
    ...names,
    "-h",
    "--help",
    "-V",
    "--version",
    "-l",
    "--profile-list",
    "--json",
    "-y",
    "--yes",
    "--force",
  ]);
}
