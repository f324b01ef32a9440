import type { AnyEntrypoint } from "../run/entrypoint.ts";
import { isOutcome, type Outcome } from "../run/outcome.ts";
import type { Run } from "../run/run.ts";
import { Decline, Refusal } from "./answers.ts";
import { Deadlines } from "./deadlines.ts";
import type { Refused } from "./hook-table.ts";
import type { Followed, Manner } from "./instrument.ts";

/** Time a tap on `onResult` may take before the outcome goes on without it. */
const RESULT_DEADLINE_MS = 30_000;
/** Time a tap on `onHeartbeat` may take before it counts as failed. Its next beat waits for it all the same. */
const HEARTBEAT_DEADLINE_MS = 30_000;

/** Who was asked to run a run, and why each declined. */
export interface Asked {
  readonly plugin: string;
  readonly reason: string | undefined;
}

/** How each hook of one runner treats its taps' answers. */
export function createManners(asked: WeakMap<Run, Asked[]>, heartbeatMs = HEARTBEAT_DEADLINE_MS) {
  const runFirst = (args: readonly unknown[]) => args[0] as Followed;
  return {
    onLease: { hook: "onLease", runOf: runFirst, judge: judgeAdmission, faultEnds: true },
    resolveEntrypoint: {
      hook: "resolveEntrypoint",
      runOf: runFirst,
      judge: (answer, plugin, [run]) => judgeEntrypoint(answer, plugin, run as Run, asked),
      faultEnds: true,
    },
    execute: (kind: string) => ({ hook: `execute:${kind}`, runOf: runFirst, judge: judgeOutcome, faultEnds: true }),
    onResult: {
      hook: "onResult",
      runOf: (args) => args[1] as Followed,
      judge: judgeOutcome,
      faultEnds: false,
      deadlines: new Deadlines(RESULT_DEADLINE_MS),
    },
    onHeartbeat: {
      hook: "onHeartbeat",
      runOf: () => undefined,
      judge: () => undefined,
      faultEnds: false,
      deadlines: new Deadlines(heartbeatMs),
    },
  } satisfies Record<string, Manner | ((kind: string) => Manner)>;
}

export type Manners = ReturnType<typeof createManners>;

function judgeAdmission(answer: unknown, plugin: string): Refused {
  if (answer instanceof Refusal) return { plugin, refusal: answer };
  throw new Error(`it answered ${nameOf(answer)}; answer nothing to admit the run, or refuse(reason)`);
}

function judgeEntrypoint(answer: unknown, plugin: string, run: Run, asked: WeakMap<Run, Asked[]>): unknown {
  if (answer instanceof Decline) {
    const earlier = asked.get(run) ?? [];
    asked.set(run, [...earlier, { plugin, reason: answer.reason }]);
    return undefined;
  }
  if (typeof (answer as AnyEntrypoint).kind === "string") return answer;
  throw new Error(`it answered ${nameOf(answer)}; answer an entrypoint with a kind, decline(reason) or nothing`);
}

function judgeOutcome(answer: unknown): Outcome {
  // A copy in depth, so that nothing a plugin does later, or its getters and proxies say the next time, reaches an outcome that was taken.
  const copy = frozenCopy(answer);
  if (isOutcome(copy)) return copy;
  throw new Error(`it answered ${nameOf(answer)}, which is no outcome; use succeeded, failed, refused or stopped`);
}

/** Outcomes are flat: what lies deeper is none of theirs. */
const DEEPEST = 3;

function frozenCopy(value: unknown, depth = 0): unknown {
  if (typeof value !== "object" || value === null || depth === DEEPEST) return value;
  if (Array.isArray(value)) return Object.freeze(value.map((item) => frozenCopy(item, depth + 1)));
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    // Nothing of an outcome has this name, which would give the copy members that are not its own.
    if (key !== "__proto__") copy[key] = frozenCopy((value as Record<string, unknown>)[key], depth + 1);
  }
  return Object.freeze(copy);
}

function nameOf(answer: unknown): string {
  if (Array.isArray(answer)) return "an array";
  return typeof answer === "object"
    ? `an object with ${Object.keys(answer as object).join(", ") || "no members"}`
    : `a ${typeof answer}`;
}
