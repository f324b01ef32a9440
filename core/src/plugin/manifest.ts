import { z } from "zod";
import type { OptionField } from "../config/option-field.ts";

/**
 * What a plugin says that it uses beyond this process's memory. It is declared, not enforced: nothing keeps a plugin from using
 * more. Lists are for people: names, or where a name comes from, as in `the option "url"`.
 */
export interface PluginManifest {
  /** Starts processes on this machine. */
  readonly spawn?: boolean;
  /** Talks to a container engine. */
  readonly docker?: boolean;
  /** Hosts that it connects to, or addresses that it listens on. */
  readonly network?: readonly string[];
  /** Secrets that it handles beside its options, whose secrets are known by their `.meta`. */
  readonly secrets?: readonly string[];
  /** Directories and files that it reads or writes. */
  readonly fileRoots?: readonly string[];
}

const texts = z.array(z.string().min(1)).optional();

/** A manifest as a definition may hold it. */
export const manifestSchema = z.strictObject({
  spawn: z.boolean().optional(),
  docker: z.boolean().optional(),
  network: texts,
  secrets: texts,
  fileRoots: texts,
});

/** A manifest with everything said, and the secret options among the secrets; nothing where a plugin declares nothing. */
export function completeManifest(
  manifest: PluginManifest | undefined,
  fields: readonly OptionField[],
): Required<PluginManifest> | undefined {
  const secretOptions = fields.filter(({ secret }) => secret).map(({ name, env }) => (env ? `${name} (${env})` : name));
  if (!manifest && secretOptions.length === 0) return undefined;
  const { spawn = false, docker = false, network = [], secrets = [], fileRoots = [] } = manifest ?? {};
  return { spawn, docker, network, secrets: [...secretOptions, ...secrets], fileRoots };
}
