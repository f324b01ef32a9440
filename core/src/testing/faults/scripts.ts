import type { Fault, FaultScript } from "./fault.ts";
import { Random } from "./random.ts";

/** Where a script's decisions come from: the same seed decides the same. */
export interface FaultSeed {
  readonly seed?: number | string;
}

const REPORT = /^\/(?:runner\/runs\/[^/]+\/[^/]+|sessions\/[^/]+\/(?:bind|events))$/;
const POLL = /^\/runner\/runs$/;

/** The coordinator takes a report and its answer is lost, once or twice for each. The runner must not report twice. */
export function lostAcknowledgement({ seed = 1 }: FaultSeed = {}): FaultScript {
  const random = new Random(`lost acknowledgement ${seed}`);
  const tries = new Map<string, number>();
  return {
    name: "lost acknowledgement",
    next(method, path) {
      if (method !== "POST" || !REPORT.test(path)) return undefined;
      const number = (tries.get(path) ?? 0) + 1;
      tries.set(path, number);
      const subject = random.fork(endpointOf(path));
      if (number > subject.between(1, 2)) return undefined;
      return acted(subject.fork(`#${number}`).chance(0.5) ? "drop" : "cut");
    },
  };
}

/** Every lease is handed out twice. The runner must execute it once. */
export function duplicateLease(): FaultScript {
  return {
    name: "duplicate lease",
    next: (method, path) => (method === "GET" && POLL.test(path) ? acted("again") : undefined),
  };
}

/** While a run is under way, 1 to 4 requests are answered with 401. */
export function unauthorizedInMidRun({ seed = 1 }: FaultSeed = {}): FaultScript {
  let left = new Random(`unauthorized ${seed}`).between(1, 4);
  let started = false;
  return {
    name: "401 in mid-run",
    next(method, path) {
      const before = started;
      started ||= method === "POST" && path.endsWith("/started");
      return before && left-- > 0 ? { kind: "deny", acted: false, ms: 0 } : undefined;
    },
  };
}

/** About every second request gets no answer for a while, up to four times: polls and reports, acted upon or not. */
export function halfOpenSocket({ seed = 1 }: FaultSeed = {}): FaultScript {
  const random = new Random(`half-open socket ${seed}`);
  let [asked, left] = [0, 4];
  return {
    name: "half-open socket",
    next(_method, path) {
      const one = random.fork(`#${++asked}`);
      if (!(REPORT.test(path) || POLL.test(path)) || left === 0 || !one.chance(0.5)) return undefined;
      left--;
      return { kind: "hang", acted: !POLL.test(path) && one.chance(0.5), ms: one.between(100, 600) };
    },
  };
}

/** The coordinator is restarted at one of the first reports, and knows no runner afterwards. */
export function coordinatorRestart({ seed = 1 }: FaultSeed = {}): FaultScript {
  const random = new Random(`coordinator restart ${seed}`);
  let untilRestart = random.between(1, 4);
  return {
    name: "coordinator restart",
    next(method, path) {
      if (method !== "POST" || !REPORT.test(path) || --untilRestart !== 0) return undefined;
      return { kind: "restart", acted: false, ms: random.between(20, 200) };
    },
  };
}

/** Asks one script after the other; the first fault counts. */
export function together(...scripts: readonly FaultScript[]): FaultScript {
  return {
    name: scripts.map(({ name }) => name).join(" and "),
    next(method, path) {
      const faults = scripts.map((script) => script.next(method, path));
      return faults.find((fault) => fault !== undefined);
    },
  };
}

function acted(kind: Fault["kind"]): Fault {
  return { kind, acted: true, ms: 0 };
}

/** Ids are not the seed's to choose, so a decision must not hang on them. */
function endpointOf(path: string): string {
  const parts = path.split("/");
  return `${parts[1]} ${parts.at(-1)}`;
}
