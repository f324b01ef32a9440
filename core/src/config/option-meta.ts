/**
 * What an option says of itself in its schema's `.meta`, so that the core can merge, document and mask it:
 * `z.int().positive().default(16).meta({ env: "CONCURRENCY", flag: "--concurrency <runs>", description: "…" })` (`description` is zod's own).
 */
export interface OptionMeta {
  /** Environment variable; an empty one counts as unset. Lists are comma separated. */
  readonly env?: string;
  /** The variable may be read by options of other plugins too, if each of them says so. */
  readonly sharedEnv?: boolean;
  /** Flag of the commands that run things, in commander's form: `-t, --tags <list>`. Booleans take no value. */
  readonly flag?: string;
  /** Masked wherever configuration is shown. */
  readonly secret?: boolean;
  /** Unit or shape for the option tables, e.g. `seconds`. */
  readonly unit?: string;
}

declare module "zod" {
  interface GlobalMeta extends OptionMeta {}
}
