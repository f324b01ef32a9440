import type { Outcome } from "../run/outcome.ts";
import type { RunState } from "../run/run-state.ts";
import type { StopTarget } from "./source.ts";

/**
 * A run that is under way. It lets go of both when it is settled: a map through which runs come and go leaves tables behind
 * that keep what they held until the whole heap is collected.
 */
interface Active {
  run: RunState | undefined;
  outcome: Promise<Outcome> | undefined;
}

/** The runs of one source that are under way. */
export class ActiveRuns {
  readonly #runs = new Map<string, Active>();

  get ids(): string[] {
    return [...this.#runs.keys()];
  }

  has(run: string): boolean {
    return this.#runs.has(run);
  }

  outcomeOf(run: string): Promise<Outcome> | undefined {
    return this.#runs.get(run)?.outcome;
  }

  add(run: RunState, outcome: Promise<Outcome>): void {
    this.#runs.set(run.id, { run, outcome });
  }

  remove(run: string): void {
    const active = this.#runs.get(run);
    this.#runs.delete(run);
    if (!active) return;
    active.run = undefined;
    active.outcome = undefined;
  }

  meantBy(target: StopTarget): RunState[] {
    return [...this.#runs.values()].flatMap(({ run }) => (run && isMeant(target, run) ? [run] : []));
  }

  /** Resolves when none is left. */
  async idle(): Promise<void> {
    while (this.#runs.size > 0) await Promise.all([...this.#runs.values()].map(({ outcome }) => outcome));
  }
}

function isMeant(target: StopTarget, run: RunState): boolean {
  if ("all" in target) return true;
  return "run" in target ? run.id === target.run : run.session.id === target.session;
}
