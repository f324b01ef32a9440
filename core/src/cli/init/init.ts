import { writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { messageOf } from "../../errors/leasehold-error.ts";
import { CommandError } from "../../plugin/command.ts";
import { EXIT_CODES } from "../exit-codes.ts";
import type { Terminal } from "../terminal.ts";
import { askForAnswers, defaultAnswers } from "./answers.ts";
import { draftConfig } from "./template.ts";

/** `leasehold init`: writes a configuration to begin with. Asks only a person at a terminal. */
export async function init(terminal: Terminal, own: Readonly<Record<string, unknown>>): Promise<number> {
  const file = path.resolve(terminal.cwd, typeof own["config"] === "string" ? own["config"] : "runner.config.ts");
  const isAttended = terminal.stdin.isTTY === true && terminal.stdout.isTTY === true && own["yes"] !== true;
  const answers = isAttended ? await askForAnswers(terminal) : defaultAnswers(terminal);
  if (answers === undefined) {
    terminal.stderr.write("\nNothing was written.\n");
    return EXIT_CODES.SIGINT.code;
  }
  const { text, packages } = draftConfig(answers);
  await write(file, text, own["force"] === true);
  terminal.stdout.write(`Wrote ${file}.\n${nextSteps(file, packages)}`);
  return EXIT_CODES.ENDED.code;
}

async function write(file: string, text: string, force: boolean): Promise<void> {
  try {
    await writeFile(file, text, { flag: force ? "w" : "wx" });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "EEXIST")
      throw new CommandError(
        `${file} is there already`,
        "Add --force to overwrite it, or --config <file> to write another.",
      );
    throw new CommandError(`${file} could not be written: ${messageOf(cause)}`, "Mend what this names.", { cause });
  }
}

function nextSteps(file: string, packages: readonly string[]): string {
  const { resolve } = createRequire(file);
  const missing = packages.filter((name) => {
    try {
      return !resolve(name);
    } catch {
      return true;
    }
  });
  const install = missing.length > 0 ? [`npm install ${missing.join(" ")}`] : [];
  const steps = [
    ...install,
    "leasehold doctor   # is everything in place?",
    "leasehold dev      # try it without a server",
  ];
  return `Next:\n${steps.map((step) => `  ${step}`).join("\n")}\n`;
}
