import type { ResolvedConfig } from "../config/resolve-config.ts";
import type { CheckContext } from "../plugin/command.ts";
import type { Plugin } from "../plugin/plugin.ts";
import { type Call, loggerFor } from "./call.ts";

/** What a plugin's commands and checks find around them, but for signals and runners. */
export function surroundingsOf(
  call: Call,
  config: ResolvedConfig,
  plugin: Plugin,
): Omit<CheckContext, "signal" | "runner"> {
  return {
    pluginOptions: config.plugins.find((resolved) => resolved.plugin === plugin)?.options ?? {},
    coreOptions: config.options,
    projectDir: config.options.projectDir,
    configFile: call.config.file,
    stdout: call.terminal.output,
    stderr: call.terminal.stderr,
    log: loggerFor(call, config),
    secrets: call.terminal.secrets.runner,
  };
}
