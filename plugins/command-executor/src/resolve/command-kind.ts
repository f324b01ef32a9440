declare module "leasehold" {
  interface EntrypointKinds {
    /** A process started without a shell. */
    command: {
      /** Absolute path of the program; also its `argv[0]`. */
      readonly file: string;
      /** Words that come before the arguments made from the parameters. */
      readonly args: readonly string[];
    };
  }
}

export {};
