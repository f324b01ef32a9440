import type { ScriptFaultCode } from "../script-fault.ts";

declare module "leasehold" {
  interface EntrypointKinds {
    /** A script that cannot be run: its run fails with this error and nothing else (protocol §4.3). */
    "unavailable-script": { readonly code: ScriptFaultCode; readonly message: string };
  }
}
