import type { Configuration } from "../config/configuration.ts";
import type { Sources } from "../config/gather.ts";
import { type ResolvedConfig, resolveConfig } from "../config/resolve-config.ts";
import { createLogger } from "../log/create-logger.ts";
import type { Logger } from "../log/logger.ts";
import { maskLines } from "../redaction/mask-lines.ts";
import { bootRunner } from "../runner.ts";
import type { Runner, RunnerOverrides } from "../runner-api.ts";
import { endLoading } from "./loading.ts";
import type { MaskedTerminal } from "./masked-terminal.ts";

/** One call of one command, parsed. */
export interface Call {
  readonly terminal: MaskedTerminal;
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
  const { env, cwd, secrets } = terminal;
  return resolveConfig(config, { env, cwd, flags, overrides, secrets });
}

/** A logger whose lines hold no secrets. */
export function loggerFor(call: Call, config: ResolvedConfig): Logger {
  return maskLines(plainLoggerFor(call, config), call.terminal.secrets);
}

/** A logger for a runner, which masks its lines itself. */
function plainLoggerFor({ terminal }: Call, { options }: ResolvedConfig): Logger {
  return createLogger({ verbose: options.verbose, stream: terminal.logStream });
}

/** Sets all plugins up. Nothing is logged if `silent`. Rejects with a `FaultReport`. */
export function boot(call: Call, config: ResolvedConfig, { silent = false } = {}): Promise<Runner> {
  const log = plainLoggerFor(call, config);
  if (silent) log.level = "silent";
  const { secrets } = call.terminal;
  return bootRunner({ options: config.options, plugins: config.plugins, log, secrets }).finally(endLoading);
}

/** Sets all plugins up, hands the runner over and closes it afterwards, whatever happens. */
export async function withRunner<T>(
  call: Call,
  use: (runner: Runner, config: ResolvedConfig, log: Logger) => Promise<T>,
): Promise<T> {
  const config = await resolve(call);
  const log = loggerFor(call, config);
  const runner = await boot(call, config);
  const answer = await use(runner, config, log).catch(async (error: unknown) => {
    await runner.close().catch((err: unknown) => log.error({ err }, "closing failed as well"));
    throw error;
  });
  await runner.close();
  return answer;
}
