import type { z } from "zod";
import type { CoreOptions } from "../config/core-options.ts";
import type { Logger } from "../log/logger.ts";
import type { RunnerSecrets } from "../redaction/redactor.ts";
import type { Runner, RunnerOverrides } from "../runner-api.ts";

/** A CLI command contributed by a plugin: `leasehold <name> [arguments] [flags]`. */
export interface Command {
  readonly name: string;
  /** Placeholders, e.g. `["<agent>", "[args...]"]`. */
  readonly arguments?: readonly string[];
  readonly summary: string;
  /** Command lines to show in the help, without the leading `leasehold`. */
  readonly examples?: readonly string[];
  /** Flags of this command, declared as a plugin's options are. */
  readonly options?: z.ZodObject;
  /** Answers the exit code. Throws a `CommandError` for what its user can mend. */
  run(invocation: Invocation): Promise<number>;
}

/** A stream of the command line; on a terminal it says so, and how wide it is. */
export type TerminalStream = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

/** What commands and checks find around them. */
interface Surroundings {
  /** The options of the contributing plugin, merged from defaults, config, environment and flags. */
  readonly pluginOptions: Readonly<Record<string, unknown>>;
  /** The core's own options, merged alike. */
  readonly coreOptions: CoreOptions;
  readonly projectDir: string;
  /** Absolute path of the configuration file. */
  readonly configFile: string;
  readonly stdout: TerminalStream;
  readonly stderr: TerminalStream;
  readonly log: Logger;
  /** Where what this resolves is registered, and what masks a text before it is cut. */
  readonly secrets: RunnerSecrets;
  /** Aborted by SIGINT, SIGTERM and SIGHUP; for checks, by their deadline as well. */
  readonly signal: AbortSignal;
}

/** One call of a contributed command. */
export interface Invocation extends Surroundings {
  readonly arguments: readonly string[];
  /** The command's own options, checked by its schema. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Aborted by the second SIGINT or SIGTERM. */
  readonly secondSignal: AbortSignal;
  /** The program and the words that start this very call once more, for commands that work in processes of their own. */
  readonly again: { readonly file: string; readonly args: readonly string[] };
  /**
   * Sets all configured plugins up. What the command overrides is stronger than flags. The caller may close the runner;
   * it is closed after the command in any case. Rejects with a `FaultReport`.
   */
  createRunner(overrides?: RunnerOverrides): Promise<Runner>;
}

/** Why a command failed, for people: what and why, what to do about it, and the exit code. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly fix: string;
  readonly exitCode: number;

  /** The exit code is 1 for what went wrong, 2 for a call that was wrong. */
  constructor(message: string, fix: string, { exitCode = 1, ...options }: ErrorOptions & { exitCode?: number } = {}) {
    super(message, options);
    this.fix = fix;
    this.exitCode = exitCode;
  }
}

/** Part of `leasehold doctor`. It has 10 seconds; what it throws counts as a failure of its plugin. */
export interface Check {
  readonly name: string;
  /** One line of the report, or several. */
  run(context: CheckContext): Promise<CheckResult | readonly CheckResult[]>;
}

/** What a check looks at. */
export interface CheckContext extends Surroundings {
  /** All plugins, set up; nothing when that failed, which is reported by itself. */
  readonly runner: Runner | undefined;
}

export type CheckResult =
  | { readonly ok: true; readonly detail?: string }
  | { readonly ok: false; readonly problem: string; readonly fix: string };
