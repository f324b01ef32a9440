import { LeaseholdError, messageOf } from "../errors/leasehold-error.ts";
import type { Instrument } from "../hooks/instrument.ts";
import { maskOutcome } from "../redaction/mask-outcome.ts";
import type { SecretStore } from "../redaction/secret-store.ts";
import { RunAborted } from "./aborted.ts";
import { RunDeadline } from "./deadline.ts";
import type { AnyEntrypoint } from "./entrypoint.ts";
import { refusedBy, settleFault } from "./fault-outcome.ts";
import { HookWalk, type WalkParts } from "./hook-walk.ts";
import { failed, type Outcome, stopped } from "./outcome.ts";
import type { Resource } from "./resource.ts";
import { mergeReceipts, type ResourceLedger } from "./resource-ledger.ts";
import type { RunState } from "./run-state.ts";
import { tellPhase } from "./tell-phase.ts";

/** What a pipeline needs of its runner. */
export interface PipelineParts extends WalkParts {
  readonly instrument: Instrument;
  readonly ledger: ResourceLedger;
  readonly secrets: SecretStore;
}

/** Time that a resource's handler has, beyond the run's grace, to end it. */
export const END_SECONDS = 10;

/** Takes a run through the hooks to exactly one outcome. */
export class Pipeline {
  readonly #parts: PipelineParts;
  readonly #walk: HookWalk;

  constructor(parts: PipelineParts) {
    this.#parts = parts;
    this.#walk = new HookWalk(parts);
  }

  /**
   * The run's outcome, whatever happens; never rejects.
   * @param onExecute Called once, just before an executor gets the run.
   * @param refusal Settles the run as refused without asking anyone but `onResult`.
   */
  async take(run: RunState, onExecute: () => void, refusal?: LeaseholdError): Promise<Outcome> {
    const deadline = new RunDeadline(run);
    const decided = refusal ? refusedBy(refusal) : await this.#decide(run, deadline, onExecute);
    deadline.end();
    const tried = new Set<Resource>();
    const cleared = await this.#clear(run, decided, tried);
    const shaped = await this.#shape(run, cleared);
    run.close();
    // Once more, for what taps on `onResult` or an executor that was given up have owned meanwhile.
    const settled = await this.#clear(run, shaped, tried);
    await run
      .deleteTempDirectory()
      .catch((thrown) => run.log.warn({ err: thrown }, `the run's temp directory stays: ${messageOf(thrown)}`));
    tellPhase(this.#parts.telemetry, run, "settled");
    return timed(run, await maskOutcome(settled, this.#parts.secrets, run.secretScopes));
  }

  /** What a run would be resolved to, which is no run then: nothing of it stays. Rejects when a tap throws. */
  async foresee(run: RunState): Promise<AnyEntrypoint | undefined> {
    run.freeze();
    try {
      return await this.#parts.hooks.resolveEntrypoint.promise(run);
    } finally {
      run.abort(new RunAborted("stop", "it was only asked who would take such a run"));
      run.close();
      const seconds = run.limits.graceSeconds + END_SECONDS;
      for (const owner of [run.owner, run.sessionOwner])
        await this.#parts.ledger.end(owner, run.signal.reason, seconds);
      await run.deleteTempDirectory();
      run.forgetSecrets();
    }
  }

  async #decide(run: RunState, deadline: RunDeadline, onExecute: () => void): Promise<Outcome> {
    const walked = this.#walk.take(run, deadline, onExecute).catch((thrown) => settleFault(run, thrown));
    const outcome = await Promise.race([walked, deadline.stuck]);
    return outcome === "stuck" ? this.#abandon(run, deadline) : outcome;
  }

  /** Nobody answered after the abort: what the run owns is ended, and the plugin that holds it is named. */
  #abandon(run: RunState, deadline: RunDeadline): Outcome {
    const where = this.#parts.instrument.whereabouts(run) ?? { plugin: "leasehold", hook: "the core" };
    const error = new LeaseholdError("EXECUTOR_STUCK", { ...where, seconds: deadline.answerSeconds });
    run.log.error({ err: error, ...where }, error.message);
    const aborted = run.signal.reason as RunAborted;
    const settle = aborted.reason === "timeout" ? failed : stopped;
    return { ...settle({ code: error.code, message: error.message }), receipt: { signals: [], survivors: 1, ms: 0 } };
  }

  /** Whatever the run still owns is ended now; so is its session when this was the last turn. */
  async #clear(run: RunState, outcome: Outcome, tried: Set<Resource>): Promise<Outcome> {
    const session = run.endsSession ? "finished" : outcome.session;
    const all = session === "finished" ? [run.owner, run.sessionOwner] : [run.owner];
    const owners = all.filter((owner) => this.#parts.ledger.holds(owner));
    if (owners.length === 0) return session === outcome.session ? outcome : { ...outcome, session };
    const reason = new Error("the run has ended");
    const seconds = run.limits.graceSeconds + END_SECONDS;
    const ended = await Promise.all(owners.map((owner) => this.#parts.ledger.end(owner, reason, seconds, tried)));
    const receipt = ended.reduce((all, one) => (one ? mergeReceipts(all, one) : all), outcome.receipt);
    return { ...outcome, session, ...(receipt ? { receipt } : {}) };
  }

  async #shape(run: RunState, outcome: Outcome): Promise<Outcome> {
    run.freeze();
    tellPhase(this.#parts.telemetry, run, "onResult");
    const shaped = (await this.#parts.hooks.onResult.promise(outcome, run)) as Outcome;
    // What was done to end something is a fact that no tap may change: the slot depends on it.
    return outcome.receipt ? { ...shaped, receipt: outcome.receipt } : shaped;
  }
}

function timed(run: RunState, outcome: Outcome): Outcome {
  return Object.freeze({
    ...outcome,
    timings: { ...run.timings, ...outcome.timings, settled: run.sinceLease },
  });
}
