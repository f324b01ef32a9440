import type { Configuration } from "../config/configuration.ts";
import type { Sources } from "../config/gather.ts";
import { type ResolvedConfig, resolveConfig } from "../config/resolve-config.ts";
import { createLogger } from "../log/create-logger.ts";
import type { Logger } from "../log/logger.ts";
import { bootRunner } from "../runner.ts";
import type { Runner, RunnerOverrides } from "../runner-api.ts";
import type { Terminal } from "./terminal.ts";

/** One call of one command, parsed. */
export interface Call {
  readonly terminal: Terminal;
  /** Reading it throws when the configuration could not be loaded. */
  readonly config: Configuration;
  /** The words of the command line. */
  readonly argv: readonly string[];
  /** Flags given for options of the core and the plugins. */
  readonly flags: Sources["flags"];
}

/** Merges and checks the configuration of a call. Throws a FaultReport. */
export async function resolve(
  { terminal, config, flags }: Call,
  overrides: RunnerOverrides = {},
): Promise<ResolvedConfig> {
  return resolveConfig(config, { env: terminal.env, cwd: terminal.cwd, flags, overrides });
}

/** A logger for what was resolved, which masks every secret option. */
export function loggerFor({ terminal }: Call, { options, settings }: ResolvedConfig): Logger {
  const secrets = settings
    .filter(({ field }) => field.secret)
    .flatMap(({ value }) => (typeof value === "string" ? [value] : []));
  return createLogger({ verbose: options.verbose, secrets, stream: terminal.stderr });
}

/** Sets all plugins up, hands the runner over and closes it afterwards, whatever happens. */
export async function withRunner<T>(
  call: Call,
  use: (runner: Runner, config: ResolvedConfig, log: Logger) => Promise<T>,
): Promise<T> {
  const config = await resolve(call);
  const log = loggerFor(call, config);
  const runner = await bootRunner({ options: config.options, plugins: config.plugins, log });
  const answer = await use(runner, config, log).catch(async (error: unknown) => {
    await runner.close().catch((err: unknown) => log.error({ err }, "closing failed as well"));
    throw error;
  });
  await runner.close();
  return answer;
}
