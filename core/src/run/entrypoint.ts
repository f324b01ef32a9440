/**
 * The entrypoint kinds and what each carries. Plugins add theirs by declaration merging:
 * `declare module "leasehold" { interface EntrypointKinds { wasm: { file: string } } }`.
 */
// biome-ignore lint/suspicious/noEmptyInterface: plugins merge their kinds into it
export interface EntrypointKinds {}

/** The names of the kinds that the imported plugins declare. */
export type EntrypointKind = keyof EntrypointKinds & string;

/** What `resolveEntrypoint` answers: enough to execute without asking again. */
export type Entrypoint<Kind extends EntrypointKind = EntrypointKind> = {
  [K in Kind]: Readonly<{ kind: K } & EntrypointKinds[K]>;
}[Kind];

/** An entrypoint as the core sees it, which knows no kind. */
export interface AnyEntrypoint {
  readonly kind: string;
}

/** Builds an entrypoint so that the compiler refuses misspelt and excess members. */
export function entrypoint<Kind extends EntrypointKind>(kind: Kind, members: EntrypointKinds[Kind]): Entrypoint<Kind> {
  return Object.freeze({ ...(members as object), kind }) as Entrypoint<Kind>;
}
