import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";

export interface ScriptExit {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a profile's script as the command executor does: its path, its words, an empty standard input. */
export function runScript(path: string, args: readonly string[]): Promise<ScriptExit> {
  const file = fileURLToPath(new URL(`../../profiles/${path}`, import.meta.url));
  return new Promise((resolve) => {
    const child = execFile(file, args, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr }),
    );
    child.stdin?.end();
  });
}
