import { type ChildProcess, type StdioOptions, spawn, spawnSync } from "node:child_process";
import { on, once } from "node:events";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../", import.meta.url));

/** What a user calls. */
export const bin: string = path.join(root, "core/bin/leasehold.js");

/** A directory with a configuration of its own, in which `leasehold` is called as a user calls it. */
export interface Project {
  readonly directory: string;
  write(file: string, content: string): Promise<void>;
  /** Starts `leasehold <args>` there; with pipes for standard output and error unless said otherwise. */
  start(args: readonly string[], env?: Record<string, string>, stdio?: StdioOptions): ChildProcess;
  /** Calls `leasehold <args>` there and waits for its end. */
  call(args: readonly string[], env?: Record<string, string>): Promise<Ended>;
  remove(): Promise<void>;
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Compiles the workspace, as the command line runs on what is compiled, and makes a project. */
export async function makeProject(config: string): Promise<Project> {
  compile();
  const directory = await mkdtemp(path.join(tmpdir(), "leasehold-cli-"));
  await symlink(path.join(root, "node_modules"), path.join(directory, "node_modules"));
  const write = (file: string, content: string) => writeFile(path.join(directory, file), content);
  await write("runner.config.ts", config);
  const start: Project["start"] = (args, env = {}, stdio = ["ignore", "pipe", "pipe"]) =>
    spawn(process.execPath, [bin, ...args], { cwd: directory, env: { PATH: process.env["PATH"], ...env }, stdio });
  return {
    directory,
    write,
    start,
    call: (args, env) => end(start(args, env)),
    remove: () => rm(directory, { recursive: true }),
  };
}

/** Waits for a process and everything it says. */
export async function end(child: ChildProcess): Promise<Ended> {
  const all = (stream: Readable | null) => (!stream || stream.destroyed ? "" : text(stream));
  const [stdout, stderr, [code]] = await Promise.all([all(child.stdout), all(child.stderr), once(child, "close")]);
  return { code, stdout, stderr };
}

/** Resolves when a process has written `words` on standard error. */
export async function said(child: ChildProcess, words: string): Promise<void> {
  let seen = "";
  for await (const [chunk] of on(child.stderr ?? child, "data", { close: ["end"] })) {
    seen += String(chunk);
    if (seen.includes(words)) return;
  }
  throw new Error(`it never said "${words}" but: ${seen}`);
}

function compile(): void {
  const tsc = path.join(root, "node_modules/typescript/bin/tsc");
  const { status, stdout } = spawnSync(process.execPath, [tsc, "-b"], { cwd: root, encoding: "utf8" });
  if (status !== 0) throw new Error(stdout);
}
