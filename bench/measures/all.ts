import type { Measure } from "../measure.ts";
import { claim } from "./claim.ts";
import { cpu, requests, reuse } from "./cost.ts";
import { fleet, fleetLimit } from "./fleet.ts";
import { growth, sleepingRun } from "./memory.ts";
import { archiveMemory, invokeLatency, redeploy, wakeFrozen, wakeStopped, warmInvoke } from "./oken.ts";
import { pickup } from "./pickup.ts";
import { idleMemory, idleMemoryWithOken, startUp } from "./process.ts";
import { spawning } from "./spawning.ts";
import { tap } from "./tap.ts";
import { commands, journal, requestsOnly } from "./throughput.ts";

/** Every measure, in the order of the table. */
export const measures: readonly Measure[] = [
  spawning,
  claim,
  commands(8),
  commands(64),
  requestsOnly,
  pickup,
  startUp,
  idleMemory,
  idleMemoryWithOken,
  sleepingRun,
  growth,
  journal,
  tap,
  fleetLimit,
  fleet(2),
  fleet(4),
  fleet(8),
  cpu,
  requests,
  reuse,
  warmInvoke,
  invokeLatency,
  wakeFrozen,
  wakeStopped,
  redeploy,
  archiveMemory,
];
