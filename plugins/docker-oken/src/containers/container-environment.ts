/** Set by the image or by us: a secret of that name would break the agent (OKEN-D35, spec §2.5). */
const RESERVED = /^(?:OKEN_.*|PORT|PATH|HOME|PYTHONUNBUFFERED|PYTHONHOME|PYTHONPATH|VIRTUAL_ENV)$/;
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

export type Secrets = Readonly<Record<string, string>>;

export interface ContainerEnvironment {
  /** `NAME=value` each. */
  readonly environment: readonly string[];
  /** Secrets that are left out: their names are reserved, or no names. */
  readonly left: readonly string[];
}

/** What a container gets beside its image's environment: the secrets, but for those whose names belong to the runner. */
export function containerEnvironment(secrets: Secrets): ContainerEnvironment {
  const names = Object.keys(secrets);
  const left = names.filter((name) => !NAME.test(name) || RESERVED.test(name) || secrets[name]?.includes("\0"));
  const taken = names.filter((name) => !left.includes(name));
  return { environment: taken.map((name) => `${name}=${secrets[name]}`), left };
}
