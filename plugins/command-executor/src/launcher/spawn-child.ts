import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { ProcessSpec } from "leasehold";
import { toLaunchError } from "./launch-errors.ts";
import type { Spawned, Status } from "./spawned.ts";

/** Starts a process as leader of a session and a group of its own; `words` come before its own. Throws a `LaunchError`. */
export function spawnChild(spec: ProcessSpec, words: readonly string[]): ChildProcess {
  const [program, ...args] = [...words, spec.file, ...spec.args];
  try {
    const stdin = spec.stdin === "pipe" ? "pipe" : "ignore";
    return spawn(program!, args, { cwd: spec.cwd, env: spec.env, detached: true, stdio: [stdin, "pipe", "pipe"] });
  } catch (error) {
    throw toLaunchError(error, spec.file);
  }
}

/** The child, once Node says whether it could be started. Rejects with a `LaunchError`. */
export async function started(child: ChildProcess, file: string, startTime: number): Promise<Spawned> {
  const { pid, stdin, stdout, stderr } = child;
  if (pid === undefined || !stdout || !stderr) {
    const [error] = await once(child, "error");
    throw toLaunchError(error, file);
  }
  child.on("error", () => undefined);
  const ended = new Promise<Status>((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
  return { pid, startTime, stdin, stdout, stderr, ended };
}
