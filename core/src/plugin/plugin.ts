import type { z } from "zod";
import type { Awaitable, Hooks } from "../hooks/taps.ts";
import type { Logger } from "../log/logger.ts";
import type { Profile } from "../profiles/profile.ts";
import type { RunnerSecrets } from "../redaction/redactor.ts";
import type { Owner, ResourceHandler } from "../run/resource.ts";
import type { Services } from "../services/services.ts";
import type { LeaseSource } from "../sources/source.ts";
import type { PluginTelemetry } from "../telemetry.ts";
import type { Check, Command } from "./command.ts";
import type { PluginManifest } from "./manifest.ts";

/** The plugin contract's version; a plugin states the one it was written for. */
export const API_VERSION = 1;

/** The oldest version of the contract that this core still serves. */
export const OLDEST_API_VERSION = 1;

/** Options of a plugin: a zod object whose members declare variable, flag and secrecy in `.meta` (see `OptionMeta`). */
export type OptionsSchema = z.ZodObject;

/** Undoes a setup. Called once, in reverse order of the setups, with a deadline. */
export type Teardown = () => Awaitable<void>;

export interface PluginDefinition<Schema extends OptionsSchema = OptionsSchema> {
  /** Lower-case words joined by hyphens; unique in a runner. */
  readonly name: string;
  /** The version of this contract that it was written for; a core that does not serve it says which of the two to update. */
  readonly apiVersion: number;
  /** What it uses beyond this process's memory; shown by `leasehold plugins`, not enforced. */
  readonly manifest?: PluginManifest;
  /** Plugins that must be there and are set up before. */
  readonly dependsOn?: readonly string[];
  /** Plugins that are set up before if they are there. */
  readonly uses?: readonly string[];
  readonly options?: Schema;
  readonly commands?: readonly Command[];
  readonly checks?: readonly Check[];
  setup?(context: PluginContext, options: z.output<Schema>): Awaitable<Teardown | void>;
}

/** A plugin with the options that `runner.config.ts` gives it. */
export interface Plugin {
  readonly definition: PluginDefinition;
  readonly options: unknown;
  /** Which copy of the core made it, as `definePlugin` notes it. */
  readonly core?: string;
}

/** What `definePlugin` makes: call it in `runner.config.ts`, with options where the schema wants any. */
export type PluginFactory<Schema extends OptionsSchema> =
  Record<string, never> extends z.input<Schema>
    ? (options?: z.input<Schema>) => Plugin
    : (options: z.input<Schema>) => Plugin;

/** Everything a plugin may touch. First-party plugins get nothing else. */
export interface PluginContext {
  readonly hooks: Hooks;
  readonly services: Services;
  readonly resources: Resources;
  readonly sources: Sources;
  readonly profiles: Profiles;
  readonly telemetry: PluginTelemetry;
  /** Where whoever resolves a secret registers it, and what masks the logs that a plugin passes on. */
  readonly secrets: RunnerSecrets;
  readonly log: Logger;
  readonly runner: RunnerFacts;
}

/** What holds for the whole runner. */
export interface RunnerFacts {
  readonly version: string;
  /** Absolute path, as configured (not resolved): part of a runner's identity. */
  readonly projectDir: string;
}

/** A plugin's resources are ended after its teardown. */
export interface Resources extends Owner {
  /** Registers who ends, checks and adopts the resources of a kind. A second handler for one kind is an error. */
  handle(kind: string, handler: ResourceHandler): void;
}

export interface Sources {
  /** Adds a lease source. It starts after every setup, under commands that lease. */
  add(source: LeaseSource): void;
}

export interface Profiles {
  add(profile: Profile): void;
  /** All profiles, once every plugin is set up. */
  all(): readonly Profile[];
  /** The one chosen by `PROFILE`, or the first, once every plugin is set up; none if there is no profile. */
  active(): Profile | undefined;
}
