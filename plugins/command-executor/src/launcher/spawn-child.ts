import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import type { ProcessSpec } from "leasehold";
import { toLaunchError } from "./launch-errors.ts";
import { taggingWords } from "./tagging-program.ts";

/** A child that runs, with the pipes that it was given. */
export interface Spawned {
  readonly pid: number;
  readonly child: ChildProcess;
  readonly stdin: Writable | null;
  readonly stdout: Readable;
  readonly stderr: Readable;
}

/** How children are tagged, where they are. */
export interface Tagging {
  readonly program: string;
  readonly tag: bigint;
}

/** Starts a process as leader of a session and a group of its own. Throws a `LaunchError`. */
export function spawnChild(spec: ProcessSpec, tagging: Tagging | undefined): ChildProcess {
  const [program, ...args] = tagging
    ? [tagging.program, ...taggingWords(tagging.tag), spec.file, ...spec.args]
    : [spec.file, ...spec.args];
  try {
    const stdin = spec.stdin === "pipe" ? "pipe" : "ignore";
    return spawn(program!, args, { cwd: spec.cwd, env: spec.env, detached: true, stdio: [stdin, "pipe", "pipe"] });
  } catch (error) {
    throw toLaunchError(error, spec.file);
  }
}

/** The child, once Node says whether it could be started. Rejects with a `LaunchError`. */
export async function started(child: ChildProcess, file: string): Promise<Spawned> {
  const { pid, stdin, stdout, stderr } = child;
  if (pid === undefined || !stdout || !stderr) {
    const [error] = await once(child, "error");
    throw toLaunchError(error, file);
  }
  child.on("error", () => undefined);
  return { pid, child, stdin, stdout, stderr };
}
