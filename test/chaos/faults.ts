import type { Fault as AnyFault } from "../../core/src/testing/faults/fault.ts";
import type { Random } from "../../core/src/testing/faults/random.ts";
import type { Endpoint, Target } from "./endpoints.ts";

/** What happens by chance; the rest are scripts of their own (`leasehold/testing`). */
export type FaultKind = Exclude<AnyFault["kind"], "deny" | "again" | "restart">;

export type Fault = AnyFault & { readonly kind: FaultKind };

const WEIGHTS: Readonly<Record<FaultKind, number>> = {
  refuse: 1,
  reset: 3,
  drop: 4,
  cut: 2,
  delay: 3,
  drip: 2,
  hang: 1,
  error: 3,
  garbage: 1,
  page: 1,
};

/** How often a request of a kind meets a fault. */
const RATES: Readonly<Record<Endpoint, number>> = {
  poll: 0.12,
  register: 0.25,
  heartbeat: 0.2,
  started: 0.2,
  bind: 0.15,
  event: 0.2,
  end: 0.25,
  look: 0.15,
  download: 0.2,
  farewell: 0.1,
  other: 0,
};

/** From this attempt on a request is let through: a fault that lasts for ever proves nothing. */
const MOST_ATTEMPTS = 5;

/** Which request meets which fault: reports by run and attempt, everything else by its number among its like. */
export class FaultPlan {
  readonly #random: Random;
  readonly #counts = new Map<string, number>();

  constructor(random: Random) {
    this.#random = random;
  }

  /** The fault of the next request to this target; `run` is the number of the run that it is about, if any. */
  next({ endpoint }: Target, run: number | undefined): Fault | undefined {
    const name = run === undefined ? endpoint : `${endpoint} of run ${run}`;
    const count = (this.#counts.get(name) ?? 0) + 1;
    this.#counts.set(name, count);
    if (run !== undefined && count > MOST_ATTEMPTS) return undefined;
    return faultOf(this.#random.fork(`${name} #${count}`), RATES[endpoint]);
  }
}

function faultOf(random: Random, rate: number): Fault | undefined {
  if (!random.chance(rate)) return undefined;
  const kind = random.weighted(WEIGHTS);
  return { kind, acted: actedOf(kind, random), ms: msOf(kind, random) };
}

function actedOf(kind: FaultKind, random: Random): boolean {
  if (kind === "refuse" || kind === "reset") return false;
  if (kind === "drop" || kind === "cut" || kind === "delay" || kind === "drip") return true;
  return random.chance(0.5);
}

function msOf(kind: FaultKind, random: Random): number {
  if (kind === "hang") return random.between(500, 5_000);
  return kind === "delay" || kind === "drip" ? random.between(20, 800) : random.between(20, 400);
}
