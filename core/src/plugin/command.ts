import type { z } from "zod";
import type { Logger } from "../log/logger.ts";

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
  /** Answers the exit code. */
  run(invocation: Invocation): Promise<number>;
}

/** One call of a contributed command. */
export interface Invocation {
  readonly arguments: readonly string[];
  /** The command's own options, checked by its schema. */
  readonly options: Readonly<Record<string, unknown>>;
  /** The options of the contributing plugin, merged from defaults, config, environment and flags. */
  readonly pluginOptions: Readonly<Record<string, unknown>>;
  readonly projectDir: string;
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
  readonly log: Logger;
  /** Aborted by SIGINT, SIGTERM and SIGHUP. */
  readonly signal: AbortSignal;
}

/** One line of `leasehold doctor`. */
export interface Check {
  readonly name: string;
  run(invocation: Omit<Invocation, "arguments" | "options">): Promise<CheckResult>;
}

export type CheckResult =
  | { readonly ok: true; readonly detail?: string }
  | { readonly ok: false; readonly problem: string; readonly fix: string };
