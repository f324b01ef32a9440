interface Locked {
  readonly link?: boolean;
  readonly [field: string]: unknown;
}

/** The parts of npm's lockfile that matter here. */
export interface Lock {
  readonly lockfileVersion: number;
  readonly packages: Readonly<Record<string, Locked>>;
}

/**
 * A lockfile to begin with: npm keeps the versions in it that the chosen plugins need, those with which this repository is
 * tested, and drops the rest.
 */
export function seedOf(lock: Lock, app: { readonly name: string; readonly version: string }): Lock & typeof app {
  const kept = Object.entries(lock.packages)
    .filter(([path, { link }]) => path.startsWith("node_modules/") && !link)
    .map(([path, { dev, peer, optional, devOptional, ...rest }]) => [path, rest]);
  return { ...app, lockfileVersion: lock.lockfileVersion, packages: { "": { ...app }, ...Object.fromEntries(kept) } };
}
