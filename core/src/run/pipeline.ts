import { LeaseholdError, messageOf } from "../errors/leasehold-error.ts";
import { maskOutcome } from "../redaction/mask-outcome.ts";
import type { SecretStore } from "../redaction/secret-store.ts";
import { RunAborted } from "./aborted.ts";
import { RunDeadline } from "./deadline.ts";
import type { AnyEntrypoint } from "./entrypoint.ts";
import { refusedBy, settleFault } from "./fault-outcome.ts";
import { HookWalk, type WalkParts } from "./hook-walk.ts";
import { failed, type Outcome, stopped } from "./outcome.ts";
import type { OwnerRef, Resource } from "./resource.ts";
import { mergeReceipts, type ResourceLedger } from "./resource-ledger.ts";
import type { RunState } from "./run-state.ts";
import { tellPhase } from "./tell-phase.ts";

/** What a pipeline needs of its runner. */
export interface PipelineParts extends WalkParts {
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
    const decided = refusal ? refusedBy(refusal) : await this.#decide(run, onExecute);
    const tried = new Set<Resource>();
    const cleared = await this.#clear(run, decided, tried);
    const shaped = await this.#shape(run, cleared);
    run.close();
    // Once more, for what taps on `onResult` or an executor that was given up have owned meanwhile.
    const settled = await this.#clear(run, shaped, tried);
    if (run.hasTempDirectory)
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

  #decide(run: RunState, onExecute: () => void): Promise<Outcome> {
    return new Promise<Outcome>((resolve, reject) => {
      const deadline = new RunDeadline(run, () => {
        deadline.end();
        // Nothing may be thrown out of a timer.
        const abandon = async () => this.#abandon(run, deadline);
        abandon().then(resolve, reject);
      });
      const walk = async () => {
        try {
          return await this.#walk.take(run, deadline, onExecute);
        } catch (thrown) {
          return settleFault(run, thrown);
        } finally {
          deadline.end();
        }
      };
      walk().then(resolve, reject);
    });
  }

  /** Nobody answered after the abort: what the run owns is ended, and the plugin that holds it is named. */
  #abandon(run: RunState, deadline: RunDeadline): Outcome {
    const where = run.whereabouts ?? { plugin: "leasehold", hook: "the core" };
    const error = new LeaseholdError("EXECUTOR_STUCK", { ...where, seconds: deadline.answerSeconds });
    run.log.error({ err: error, ...where }, error.message);
    const aborted = run.signal.reason as RunAborted;
    const settle = aborted.reason === "timeout" ? failed : stopped;
    return { ...settle({ code: error.code, message: error.message }), receipt: { signals: [], survivors: 1, ms: 0 } };
  }

  /** Whatever the run still owns is ended now; so is its session when this was the last turn. */
  #clear(run: RunState, outcome: Outcome, tried: Set<Resource>): Outcome | Promise<Outcome> {
    const session = run.endsSession ? "finished" : outcome.session;
    const all = session === "finished" ? [run.owner, run.sessionOwner] : [run.owner];
    const owners = all.filter((owner) => this.#parts.ledger.holds(owner));
    const kept = session === outcome.session ? outcome : { ...outcome, session };
    return owners.length === 0 ? kept : this.#end(run, kept, owners, tried);
  }

  async #end(run: RunState, outcome: Outcome, owners: readonly OwnerRef[], tried: Set<Resource>): Promise<Outcome> {
    const reason = new Error("the run has ended");
    const seconds = run.limits.graceSeconds + END_SECONDS;
    const ended = await Promise.all(owners.map((owner) => this.#parts.ledger.end(owner, reason, seconds, tried)));
    const receipt = ended.reduce((all, one) => (one ? mergeReceipts(all, one) : all), outcome.receipt);
    return receipt ? { ...outcome, receipt } : outcome;
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
