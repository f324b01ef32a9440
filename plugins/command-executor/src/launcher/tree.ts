/** What one look at a tree of processes came to. */
export interface Sweep {
  /** Processes that live, zombies not counted. */
  readonly alive: number;
  /** How many of them got the signal by this sweep for the first time. */
  readonly signalled: number;
  readonly certainty: Certainty;
}

/**
 * Whether somebody can have slipped through. `whole`: nobody, for no process was started meanwhile. `clean`: hardly, for
 * all that was found was seen. `torn`: some were gone before they were seen, and may have handed on to others.
 */
export type Certainty = "whole" | "clean" | "torn";

/** All processes that one start has led to. */
export interface Tree {
  /** Signals the process group of the first process, while that lives; answers whether there was anyone to hear it. */
  signalGroup(signal: NodeJS.Signals): boolean;
  /** Looks for living members; sends each `signal`, if given, unless it has had it. */
  sweep(signal?: NodeJS.Signals): Promise<Sweep>;
}

/** Sends a signal; `false` when there is nobody to take it or we may not send it. SIGTERM also wakes what is stopped. */
export function send(target: number, signal: NodeJS.Signals): boolean {
  if (!reaches(target, signal)) return false;
  // Whoever took it may be dead and buried by now.
  if (signal === "SIGTERM") reaches(target, "SIGCONT");
  return true;
}

function reaches(target: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(target, signal);
  } catch {
    return false;
  }
}
