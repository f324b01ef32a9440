import type { Patch } from "./patch.ts";

const TIMING = "plugins/coordinator/src/timing.ts";

/** Times that the protocol or patience fix, shortened: a suite that waits as people do would take days. */
export const hurry: readonly Patch[] = [
  { file: TIMING, find: "backoffBaseMs: 1_000", replace: "backoffBaseMs: 40" },
  { file: TIMING, find: "backoffCapMs: 30_000", replace: "backoffCapMs: 400" },
  { file: TIMING, find: "requestMs: 35_000", replace: "requestMs: 1_500" },
  { file: TIMING, find: "lateMs: 5_000", replace: "lateMs: 300" },
  { file: TIMING, find: "abandonMs: 600_000", replace: "abandonMs: 4_000" },
  { file: TIMING, find: "stopCheckMs: 1_000", replace: "stopCheckMs: 200" },
  { file: TIMING, find: "flushMs: 60_000", replace: "flushMs: 3_000" },
  { file: TIMING, find: "forgottenMs: 600_000", replace: "forgottenMs: 5_000" },
  { file: "core/src/sources/back-off.ts", find: "firstMs = 250", replace: "firstMs = 40" },
  { file: "core/src/sources/back-off.ts", find: "longestMs = 10_000", replace: "longestMs = 500" },
];
