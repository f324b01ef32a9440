import { type Token, token } from "../services/token.ts";
import type { KillReceipt, Owner } from "./resource.ts";

/** A process to start: plain argv, no shell. */
export interface ProcessSpec {
  /** Absolute path; also `argv[0]`. */
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The complete environment of the process. */
  readonly env: Readonly<Record<string, string>>;
  /** `empty` (default) is end-of-file at once; `pipe` is written through `LaunchedProcess.write`. */
  readonly stdin?: "empty" | "pipe";
  /** Bytes kept of each stream. */
  readonly outputBytes: number;
  /** Sees standard output as it arrives, decoded; what it sees still counts for `outputBytes`. */
  readonly onStdout?: (text: string) => void;
  /** Sees standard error as it arrives, decoded. */
  readonly onStderr?: (text: string) => void;
  /** What happens to processes left behind after a normal exit; `end` unless said otherwise. */
  readonly background?: "end" | "keep";
  /** Seconds between SIGTERM and SIGKILL. */
  readonly graceSeconds: number;
  /** Ends the process, and everything it started, when aborted. */
  readonly signal?: AbortSignal;
}

/** One captured stream: UTF-8 with replacement characters, cut at a character boundary. */
export interface CapturedOutput {
  readonly text: string;
  /** Bytes beyond the limit that were read and dropped. */
  readonly droppedBytes: number;
}

/** How a process ended; `code` is null when a signal ended it. */
export interface ProcessExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: CapturedOutput;
  readonly stderr: CapturedOutput;
  /** `true` when nobody can tell how it ended, for what started it died first; whatever was left of it has been ended. */
  readonly lost?: boolean;
  /** Present when something had to be ended, by abort or after the exit. */
  readonly receipt?: KillReceipt;
}

export interface LaunchedProcess {
  readonly pid: number;
  /** Settles once: the process has exited, its output is read and what it left behind is ended and verified. Never rejects. */
  readonly exit: Promise<ProcessExit>;
  /** Writes to standard input (`stdin: "pipe"` only); resolves when the pipe has taken it. */
  write(text: string): Promise<void>;
  /** Closes standard input. */
  closeInput(): void;
  /** SIGTERM to the whole tree, grace, SIGKILL, verification. */
  end(): Promise<KillReceipt>;
}

/**
 * Starting failed before the program ran; `message` is in the words of the operating system. With the code `LOST` it may have
 * run, and whatever ran of it has been ended.
 */
export class LaunchError extends Error {
  override readonly name = "LaunchError";
  /** e.g. `ENOENT`, `EACCES`, `ENOEXEC`, `E2BIG`, `EINVAL`. */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Starts processes that are owned, limited, drained and verifiably ended. */
export interface ProcessLauncher {
  /** Rejects with a `LaunchError` when the program could not be started. */
  launch(owner: Owner, spec: ProcessSpec): Promise<LaunchedProcess>;
}

/** The launcher service; sandboxes wrap it with `services.override`. */
export const ProcessLauncher: Token<ProcessLauncher> = token("leasehold/process-launcher");
