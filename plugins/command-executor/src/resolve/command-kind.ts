/** A process started without a shell: what entrypoints of kind `command` carry. */
export interface CommandEntrypoint {
  /** Absolute path of the program; also its `argv[0]`. */
  readonly file: string;
  /** Words that come before the arguments made from the parameters. */
  readonly args: readonly string[];
}

declare module "leasehold" {
  interface EntrypointKinds {
    command: CommandEntrypoint;
  }
}
