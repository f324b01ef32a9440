import type { Scripts } from "@leasehold/script-executor";
import { token } from "leasehold";

/** The script executor's service, where it is configured. */
export const ScriptsToken = token<Scripts>("script-executor/scripts");
