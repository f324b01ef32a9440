import type { Writable } from "node:stream";
import type { TerminalStream } from "../plugin/command.ts";

/** What a command line has around it. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly stdout: TerminalStream;
  readonly stderr: TerminalStream;
  /** Why standard output could not be written, where that is a fault: a reader that goes away (`| head`) is none. */
  outputFault?(): Error | undefined;
}

/** This process's own. Nothing ends because its output is lost: the work that is under way has to be ended in order. */
export function processTerminal(): Terminal {
  const { env, stdin, stdout, stderr } = process;
  for (const stream of [stdout, stderr])
    if (!stream.listeners("error").includes(ignoreLoss)) stream.on("error", ignoreLoss);
  return { env, cwd: workingDirectory(), stdin, stdout, stderr, outputFault: () => faultOf(stdout) };
}

/** Of a directory that was removed only the name is left; whoever needs it will say that it is missing. */
function workingDirectory(): string {
  try {
    return process.cwd();
  } catch {
    return process.env["PWD"] ?? "/";
  }
}

function faultOf({ errored }: Writable): Error | undefined {
  const { code } = (errored ?? {}) as NodeJS.ErrnoException;
  return code === "EPIPE" || code === "EIO" ? undefined : (errored ?? undefined);
}

function ignoreLoss(): void {}
