import { readConfiguration } from "./config/configuration.ts";
import type { Config, ConfigContext } from "./config/define-config.ts";
import { type ResolvedConfig, resolveConfig } from "./config/resolve-config.ts";
import { createLogger } from "./log/create-logger.ts";
import type { Logger } from "./log/logger.ts";
import { registerEnvironment } from "./redaction/register-options.ts";
import { SecretStore } from "./redaction/secret-store.ts";
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
  /** Secrets that are known to the host; those of the runner are added. */
  readonly secrets?: SecretStore;
}

/**
 * Sets up a runner from a configuration object, for programs that embed one.
 * Rejects with a `FaultReport` that holds every fault of the configuration, or of the setups.
 */
export async function createRunner(
  config: Config,
  { env = {}, cwd = process.cwd(), log, secrets = new SecretStore() }: Embedding = {},
): Promise<Runner> {
  registerEnvironment(secrets, env);
  const { options, plugins } = await resolve(config, env, cwd, secrets);
  return bootRunner({ options, plugins, secrets, log: log ?? createLogger({ verbose: options.verbose }) });
}

async function resolve(
  config: Config,
  env: ConfigContext["env"],
  cwd: string,
  secrets: SecretStore,
): Promise<ResolvedConfig> {
  try {
    const configuration = readConfiguration({ file: `${cwd}/createRunner`, config });
    return await resolveConfig(configuration, { env, cwd, flags: new Map(), secrets });
  } catch (thrown) {
    throw secrets.maskError("thrown", thrown);
  }
}
