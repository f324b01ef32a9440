import { readConfiguration } from "./config/configuration.ts";
import type { Config, ConfigContext } from "./config/define-config.ts";
import { resolveConfig } from "./config/resolve-config.ts";
import { createLogger } from "./log/create-logger.ts";
import type { Logger } from "./log/logger.ts";
import { bootRunner } from "./runner.ts";
import type { Runner } from "./runner-api.ts";

/** What a runner inside another program takes from it. */
export interface Embedding {
  /** Variables that options are read from. None unless given: an embedded runner does not listen to its host's. */
  readonly env?: ConfigContext["env"];
  /** Where relative directories start; the current directory unless given. */
  readonly cwd?: string;
  /** Standard error unless given. */
  readonly log?: Logger;
}

/**
 * Sets up a runner from a configuration object, for programs that embed one.
 * Rejects with a `FaultReport` that holds every fault of the configuration, or of the setups.
 */
export async function createRunner(
  config: Config,
  { env = {}, cwd = process.cwd(), log }: Embedding = {},
): Promise<Runner> {
  const configuration = readConfiguration({ file: `${cwd}/createRunner`, config });
  const { options, plugins } = await resolveConfig(configuration, { env, cwd, flags: new Map() });
  return bootRunner({ options, plugins, log: log ?? createLogger({ verbose: options.verbose }) });
}
