import type { z } from "zod";
import type { Plugin } from "../plugin/plugin.ts";
import type { coreOptions } from "./core-options.ts";

/** A plugin, a list of them however nested, or something falsy, which drops out: `process.env.CI && tracing()`. */
export type PluginEntry = Plugin | false | null | undefined | "" | 0 | readonly PluginEntry[];

/** What `runner.config.ts` says: the plugins in order, and the core's own options. */
export type Config = z.input<typeof coreOptions> & { readonly plugins?: readonly PluginEntry[] };

/** What a configuration in function form is told. */
export interface ConfigContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `NODE_ENV`, or `production` when it is not set. */
  readonly mode: string;
}

/** A configuration as the file exports it. */
export type ConfigExport = Config | ((context: ConfigContext) => Config | Promise<Config>);

/** Types the default export of `runner.config.ts`. Nothing is checked here: all faults are reported together at boot. */
export function defineConfig<Exported extends ConfigExport>(config: Exported): Exported {
  return config;
}
