import { access, constants } from "node:fs/promises";
import { join } from "node:path";
import type { Check, CheckResult } from "leasehold";
import { readManifest } from "./manifest.ts";
import { interpreterOf, isThere } from "./run/interpreter.ts";
import { interpreterFault } from "./run/interpreter-fault.ts";
import { ScriptStore } from "./store/script-store.ts";

/** Whether scripts can be installed, and whether those that are there can be run. */
export const checks: readonly Check[] = [
  {
    name: "scripts directory",
    run: async ({ projectDir, log }) => {
      const { root } = new ScriptStore(projectDir, log).layout;
      const problem = (await unwritable(root, true)) && (await unwritable(projectDir, false));
      if (problem === undefined) return { ok: true, detail: root };
      return { ok: false, problem, fix: "Make it writable for the user that the runner runs as, or set PROJECT_DIR." };
    },
  },
  {
    name: "scripts",
    run: async ({ projectDir, log }) => {
      const store = new ScriptStore(projectDir, log);
      const names = await store.folders();
      const problems = await Promise.all(names.map((name) => problemOf(name, store.layout.place(name), projectDir)));
      const found = problems.filter((problem) => problem !== undefined);
      if (found.length > 0) return faults(found);
      return { ok: true, detail: names.length === 0 ? "none installed" : names.join(", ") };
    },
  },
];

/** Why nothing can be written there. A directory that is missing is the business of the one above it. */
async function unwritable(directory: string, mayBeMissing: boolean): Promise<string | undefined> {
  try {
    await access(directory, constants.W_OK | constants.X_OK);
    return undefined;
  } catch (thrown) {
    const { code = "", message } = thrown as NodeJS.ErrnoException;
    if (mayBeMissing && code === "ENOENT") return `${directory} is missing`;
    return `${directory} cannot be written to: ${message}`;
  }
}

async function problemOf(name: string, directory: string, projectDir: string): Promise<string | undefined> {
  try {
    const manifest = await readManifest(directory);
    if (!manifest) return `script '${name}' has no script.json in ${directory}`;
    const file = join(directory, manifest.script_file);
    await access(file, constants.X_OK);
    const interpreter = await interpreterOf(file);
    if (!interpreter) return undefined;
    const there = await isThere(interpreter.program, process.env["PATH"] ?? "", projectDir);
    return there ? undefined : interpreterFault(name, file, interpreter).message.replace("\n", ". ");
  } catch (thrown) {
    return `script '${name}': ${(thrown as Error).message}`;
  }
}

function faults(problems: readonly string[]): CheckResult {
  return {
    ok: false,
    problem: problems.join("; "),
    fix: "Mend the script at the coordinator, or install what it needs on this machine.",
  };
}
