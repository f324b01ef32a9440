import path from "node:path";
import { z } from "zod";
import { FaultReport, type LeaseholdError } from "../errors/leasehold-error.ts";
import { planPlugins } from "../plugin/order.ts";
import type { SecretStore } from "../redaction/secret-store.ts";
import type { RunnerOverrides, RunnerSpec } from "../runner-api.ts";
import { shutdownFault } from "../shutdown-budget.ts";
import { type Configuration, ownerOf } from "./configuration.ts";
import { type CoreOptions, coreOptions } from "./core-options.ts";
import { absolute } from "./directories.ts";
import type { Given, Sources } from "./gather.ts";
import type { OptionField } from "./option-field.ts";
import { type ResolvedOptions, resolveOptions } from "./resolve-options.ts";
import type { Setting } from "./setting.ts";

/** Everything but the file: the environment, the flags given, and where relative directories in them start. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly flags: Sources["flags"];
  readonly cwd: string;
  /** What the command itself decides. */
  readonly overrides?: RunnerOverrides;
  /** Where secret values go as soon as they are found, before anything can be said of them. */
  readonly secrets?: SecretStore;
}

/** A configuration, merged and checked. */
export interface ResolvedConfig {
  readonly options: CoreOptions;
  readonly plugins: RunnerSpec["plugins"];
  /** Every option's value and origin, the core's first. */
  readonly settings: readonly Setting[];
}

const NO_OPTIONS = z.strictObject({});

/** Merges defaults < file < environment < flags for the core and all plugins. Throws one FaultReport with every fault found. */
export async function resolveConfig(config: Configuration, surroundings: Surroundings): Promise<ResolvedConfig> {
  const sources = {
    file: path.basename(config.file),
    env: surroundings.env,
    flags: surroundings.flags,
    overrides: byOwner(surroundings.overrides),
    ...(surroundings.secrets ? { secrets: surroundings.secrets } : {}),
  };
  const core = await resolveCore(config, sources, surroundings.cwd);
  const plugins = await Promise.all(
    config.plugins.map((plugin) =>
      resolveOptions(
        {
          name: ownerOf(plugin),
          schema: plugin.definition.options ?? NO_OPTIONS,
          fields: fieldsOf(config, ownerOf(plugin)),
          fromFile: plugin.options,
        },
        sources,
      ),
    ),
  );
  const resolved = config.plugins.map((plugin, index) => ({ plugin, options: plugins[index]?.values ?? {} }));
  const faults = [
    ...config.faults,
    ...planPlugins(resolved).faults,
    ...core.faults,
    ...findShutdownFault(core),
    ...plugins.flatMap((one) => one.faults),
  ];
  if (faults.length > 0) throw new FaultReport("the configuration has faults", faults);
  const options = withDirectories(core, surroundings.cwd);
  return {
    options,
    plugins: resolved,
    settings: [
      ...core.settings.map((setting) => ({
        ...setting,
        value: Object.entries(options).find(([name]) => name === setting.field.name)?.[1],
      })),
      ...plugins.flatMap((one) => one.settings),
    ],
  };
}

/** Only values that are sound by themselves can be compared. */
function findShutdownFault({ values, faults }: ResolvedOptions): LeaseholdError[] {
  const fault = faults.length === 0 ? shutdownFault(coreOptions.parse(values)) : undefined;
  return fault ? [fault] : [];
}

function byOwner({ core = {}, plugins = {} }: RunnerOverrides = {}): NonNullable<Sources["overrides"]> {
  const ofPlugins = Object.entries(plugins).map(([name, options]) => [`plugin "${name}"`, options] as const);
  return new Map([["", core], ...ofPlugins]);
}

function resolveCore(config: Configuration, sources: Sources, cwd: string): Promise<ResolvedOptions> {
  const baseOf = (given: Given): string => (given.origin === sources.file ? config.directory : cwd);
  return resolveOptions(
    {
      name: "",
      schema: coreOptions,
      fields: fieldsOf(config, ""),
      fromFile: config.core,
      adjust: (name, given) => (isDirectory(name) ? { ...given, value: anchor(given.value, baseOf(given)) } : given),
    },
    sources,
  );
}

function withDirectories({ values, settings }: ResolvedOptions, cwd: string): CoreOptions {
  const options = coreOptions.parse(values);
  const isDefault = settings.some(({ field, origin }) => field.name === "projectDir" && origin === "default");
  const projectDir = isDefault ? cwd : options.projectDir;
  return { ...options, projectDir, projectRoots: options.projectRoots ?? [projectDir] };
}

function isDirectory(name: string): boolean {
  return ["projectDir", "projectRoots", "profilesDir", "stateDir"].includes(name);
}

/** Leaves what is not text, or empty, for the schema to complain about. */
function anchor(value: unknown, base: string): unknown {
  if (typeof value === "string" && value !== "") return absolute(base, value);
  return Array.isArray(value) ? value.map((item: unknown) => anchor(item, base)) : value;
}

function fieldsOf(config: Configuration, owner: string): OptionField[] {
  return config.fields.filter((field) => field.owner === owner);
}
