import { z } from "zod";
import { coreCopy } from "./copies.ts";
import type { OptionsSchema, Plugin, PluginDefinition, PluginFactory } from "./plugin.ts";

type NoOptions = z.ZodObject<Record<never, never>>;

/**
 * Makes a plugin's factory. Nothing is checked here: faults of all plugins are reported together when the runner boots.
 * Options a strict schema does not know are faults, with the nearest name.
 */
export function definePlugin<Schema extends OptionsSchema = NoOptions>(
  definition: PluginDefinition<Schema>,
): PluginFactory<Schema> {
  const factory = (options?: unknown): Plugin =>
    Object.freeze({ definition: definition as unknown as PluginDefinition, options: options ?? {}, core: coreCopy });
  return factory as PluginFactory<Schema>;
}
