import { LeaseholdError, messageOf } from "../errors/leasehold-error.ts";
import type { HookTable } from "../hooks/hook-table.ts";
import type { Asked } from "../hooks/manners.ts";
import type { TelemetryHub } from "../telemetry-hub.ts";
import type { RunDeadline } from "./deadline.ts";
import type { AnyEntrypoint } from "./entrypoint.ts";
import { refusedBy } from "./fault-outcome.ts";
import type { Outcome } from "./outcome.ts";
import { confineProjectDirectory } from "./project-directory.ts";
import type { Run, RunLimits } from "./run.ts";
import type { RunState } from "./run-state.ts";
import { tellPhase } from "./tell-phase.ts";

/** What a walk through the hooks needs of its runner. */
export interface WalkParts {
  readonly hooks: HookTable;
  readonly asked: WeakMap<Run, Asked[]>;
  /** Plugins that tap `resolveEntrypoint`, in order. */
  readonly resolvers: () => readonly string[];
  /** Entrypoint kinds that somebody executes. */
  readonly kinds: () => readonly string[];
  readonly telemetry: TelemetryHub;
  readonly projectDir: string;
  readonly projectRoots: readonly string[];
}

/** How long the runner's own directory is taken to be where it was, in milliseconds. */
const HOME_MS = 1_000;

/** Takes runs through `onLease`, `resolveEntrypoint` and `execute`. */
export class HookWalk {
  readonly #parts: WalkParts;
  #foundHome = { path: "", until: 0 };

  constructor(parts: WalkParts) {
    this.#parts = parts;
  }

  /** What the hooks make of a run; rejects with the fault that ended it, and with the reason when it was told to end. */
  async take(run: RunState, deadline: RunDeadline, onExecute: () => void): Promise<Outcome> {
    const { hooks, telemetry } = this.#parts;
    await this.#check(run);
    run.signal.throwIfAborted();
    tellPhase(telemetry, run, "onLease");
    const refusal = await hooks.onLease.promise(run);
    if (refusal) {
      const { plugin } = refusal;
      return refusedBy(new LeaseholdError("RUN_REFUSED", { plugin, problem: refusal.refusal.reason }));
    }
    checkLimits(run);
    run.freeze();
    run.signal.throwIfAborted();
    tellPhase(telemetry, run, "resolveEntrypoint");
    const entrypoint = await hooks.resolveEntrypoint.promise(run);
    if (!entrypoint) throw this.#unresolved(run);
    run.signal.throwIfAborted();
    return this.#execute(run, entrypoint, deadline, onExecute);
  }

  async #execute(
    run: RunState,
    entrypoint: AnyEntrypoint,
    deadline: RunDeadline,
    onExecute: () => void,
  ): Promise<Outcome> {
    const { hooks, telemetry } = this.#parts;
    const executor = hooks.execute.get(entrypoint.kind);
    deadline.restart();
    run.timings.executing = run.sinceLease;
    tellPhase(telemetry, run, "execute");
    onExecute();
    const outcome = await executor?.promise(run, entrypoint);
    run.timings.executed = run.sinceLease;
    if (outcome) return outcome;
    const kinds = this.#parts.kinds().join(", ") || "none";
    throw new LeaseholdError("ENTRYPOINT_UNEXECUTED", { kind: entrypoint.kind, kinds });
  }

  async #check(run: RunState): Promise<void> {
    checkLimits(run);
    try {
      run.checkParameters();
    } catch (thrown) {
      throw new LeaseholdError("RUN_INVALID", { problem: `the run's parameters are invalid: ${messageOf(thrown)}` });
    }
    const confined = run.projectDir === this.#parts.projectDir ? this.#home() : this.#confine(run.projectDir);
    run.confineTo(typeof confined === "string" ? confined : await confined);
  }

  #confine(directory: string): Promise<string> {
    return confineProjectDirectory(directory, this.#parts.projectDir, this.#parts.projectRoots);
  }

  /** The runner's own directory: what was found a moment ago still holds, without touching the disk. */
  #home(): string | Promise<string> {
    const { path, until } = this.#foundHome;
    if (performance.now() < until) return path;
    return this.#confine(this.#parts.projectDir).then((found) => {
      this.#foundHome = { path: found, until: performance.now() + HOME_MS };
      return found;
    });
  }

  #unresolved(run: RunState): LeaseholdError {
    const answers = new Map(this.#parts.asked.get(run)?.map(({ plugin, reason }) => [plugin, reason]));
    const asked = [...new Set(this.#parts.resolvers())]
      .map((plugin) => `${plugin}: ${answers.get(plugin) ?? "no answer"}`)
      .join("; ");
    return new LeaseholdError("ENTRYPOINT_UNRESOLVED", { agent: run.agent.name, asked: asked || "nobody was asked" });
  }
}

const LEAST: Readonly<Record<keyof RunLimits, number>> = {
  timeoutSeconds: Number.MIN_VALUE,
  graceSeconds: 0,
  outputBytes: Number.MIN_VALUE,
};
const LIMITS = Object.keys(LEAST) as (keyof RunLimits)[];

/** Limits come from agents, profiles and taps; a timer or a buffer with nonsense in it would do harm later. */
function checkLimits({ limits }: RunState): void {
  for (const name of LIMITS) {
    const value: unknown = limits[name];
    if (!(typeof value === "number" && value >= LEAST[name]))
      throw new LeaseholdError("RUN_INVALID", { problem: `the run's limit ${name} is ${String(value)}` });
  }
}
