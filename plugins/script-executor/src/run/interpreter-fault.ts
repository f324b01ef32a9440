import { basename } from "node:path";
import { ScriptFault } from "../script-fault.ts";
import { shownName } from "../script-name.ts";
import type { Interpreter } from "./interpreter.ts";

/** Says which interpreter is missing, and which tag would have kept the run away. */
export function interpreterFault(script: string, file: string, { line, program }: Interpreter): ScriptFault {
  const tag = basename(program);
  const where = program.includes("/")
    ? "does not exist or is not executable"
    : "is not on the PATH of this runner's scripts";
  return new ScriptFault(
    "SCRIPT_INTERPRETER_MISSING",
    `Error: Script ${shownName(script)} needs the interpreter '${program}', which ${where} (${file} begins with ${line})\n` +
      `Install it, or demand the tag '${tag}' in script.json and give that tag only to runners that have it`,
  );
}
