import path from "node:path";
import { LeaseholdError, messageOf } from "../errors/leasehold-error.ts";
import { isJsonObject } from "../json/value.ts";
import type { Plugin } from "../plugin/plugin.ts";
import { settleClaims } from "./claims.ts";
import type { ConfigFile } from "./config-file.ts";
import { coreOptions } from "./core-options.ts";
import { type OptionField, readFields } from "./option-field.ts";
import { readPluginList } from "./plugin-list.ts";

/** A configuration whose plugins are known, but whose values are not yet merged and checked. */
export interface Configuration {
  /** Absolute path of the file. */
  readonly file: string;
  /** Directory that the file's relative directories start from. */
  readonly directory: string;
  /** The core's options as the file gives them. */
  readonly core: Readonly<Record<string, unknown>>;
  readonly plugins: readonly Plugin[];
  /** The core's options, then each plugin's, in list order. */
  readonly fields: readonly OptionField[];
  /** What is wrong so far. */
  readonly faults: readonly LeaseholdError[];
}

/** Reads what a configuration file exported. Never throws: what is wrong is in `faults`, a getter that throws too. */
export function readConfiguration({ file, config }: ConfigFile): Configuration {
  try {
    return read(file, config);
  } catch (thrown) {
    const fault = new LeaseholdError("CONFIG_INVALID", { where: file, problem: messageOf(thrown) }, { cause: thrown });
    const { fields } = readFields("", coreOptions);
    return { file, directory: path.dirname(file), core: {}, plugins: [], fields, faults: [fault] };
  }
}

function read(file: string, config: unknown): Configuration {
  const faults: LeaseholdError[] = [];
  if (!isJsonObject(config))
    faults.push(new LeaseholdError("CONFIG_INVALID", { where: file, problem: "its default export is not an object" }));
  const { plugins: entries, ...core } = (isJsonObject(config) ? config : {}) as Record<string, unknown>;
  const { plugins, faults: pluginFaults } = readPluginList(entries);
  const read = [readFields("", coreOptions), ...withoutNamesakes(plugins).map(readPluginFields)];
  const settled = settleClaims(read.flatMap(({ fields }) => fields));
  faults.push(...pluginFaults, ...read.flatMap((one) => one.faults), ...settled.faults);
  return { file, directory: path.dirname(file), core, plugins, fields: settled.fields, faults };
}

/** How faults and fields name a plugin. */
export function ownerOf(plugin: Plugin): string {
  return `plugin "${plugin.definition.name}"`;
}

/** A plugin listed twice is a fault of its own; its options need not clash as well. */
function withoutNamesakes(plugins: readonly Plugin[]): Plugin[] {
  return [...new Map(plugins.map((plugin) => [plugin.definition.name, plugin])).values()];
}

function readPluginFields(plugin: Plugin): ReturnType<typeof readFields> {
  const { options } = plugin.definition;
  return options ? readFields(ownerOf(plugin), options) : { fields: [], faults: [] };
}
