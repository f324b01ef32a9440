import { setTimeout as sleep } from "node:timers/promises";
import type { KillReceipt } from "leasehold";
import type { Certainty, Sweep, Tree } from "./tree.ts";

/** Sweeps in a row that find nobody must weigh so much. A torn one weighs something, for a busy machine has no others. */
const ENOUGH = 3;
const WEIGHTS: Readonly<Record<Certainty, number>> = { whole: ENOUGH, clean: 1, torn: 0.2 };
/** A look that failed, as for want of file descriptors, must not pass for an empty one. */
const UNKNOWN: Sweep = { alive: 1, signalled: 0, certainty: "torn" };
const LONGEST_PAUSE_MS = 50;
const LONGEST_KILLING_MS = 3_000;

export interface Ladder {
  /** Seconds between SIGTERM and SIGKILL. */
  readonly graceSeconds: number;
  /** Settles when the first process has exited, if it is a child of ours that lives. */
  readonly firstExited?: Promise<unknown> | undefined;
}

/**
 * Ends a tree: SIGTERM, grace, SIGKILL, then sweeps in a row that verify it. The receipt lists the signals that reached
 * someone (SIGCONT, which lets stopped processes hear SIGTERM, is not listed) and counts who outlived the last one.
 */
export async function endTree(tree: Tree, { graceSeconds, firstExited }: Ladder): Promise<KillReceipt> {
  const started = performance.now();
  const asked = await press(tree, "SIGTERM", started + graceSeconds * 1000, firstExited);
  const forced =
    asked.survivors === 0 ? undefined : await press(tree, "SIGKILL", performance.now() + LONGEST_KILLING_MS);
  const signals = [...(asked.heard ? ["SIGTERM"] : []), ...(forced?.heard ? ["SIGKILL"] : [])];
  const survivors = forced?.survivors ?? 0;
  return { signals, survivors, ms: Math.round(performance.now() - started) };
}

interface Pressed {
  readonly heard: boolean;
  readonly survivors: number;
}

/** Sweeps with one signal until the tree is verifiably empty or the time is up. */
async function press(
  tree: Tree,
  signal: NodeJS.Signals,
  until: number,
  firstExited?: Promise<unknown>,
): Promise<Pressed> {
  let heard = hearsGroupSignal(tree, signal);
  let pause = 1;
  let exit = firstExited;
  for (let weight = 0; weight < ENOUGH; ) {
    const sweep = await tree.sweep(signal).catch(() => UNKNOWN);
    heard ||= sweep.signalled > 0;
    weight = sweep.alive > 0 ? 0 : weight + WEIGHTS[sweep.certainty];
    if (sweep.alive === 0) continue;
    const left = until - performance.now();
    if (left <= 0) return { heard, survivors: sweep.alive };
    if (signal === "SIGKILL" && sweep.signalled > 0) continue;
    if (exit) exit = await exitWithin(left, exit);
    else {
      await sleep(Math.min(left, pause));
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
    }
  }
  return { heard, survivors: 0 };
}

/** Where the group cannot be looked at now, the sweeps will find its members. */
function hearsGroupSignal(tree: Tree, signal: NodeJS.Signals): boolean {
  try {
    return tree.signalGroup(signal);
  } catch {
    return false;
  }
}

/** The first process is our own child and tells of its exit; the others tell nobody and must be looked for. */
async function exitWithin(ms: number, exit: Promise<unknown>): Promise<undefined> {
  const timer = new AbortController();
  await Promise.race([exit, sleep(ms, undefined, { signal: timer.signal }).catch(() => undefined)]);
  timer.abort();
}
