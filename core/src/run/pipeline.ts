import { LeaseholdError, messageOf } from "../errors/leasehold-error.ts";
import type { HookTable } from "../hooks/hook-table.ts";
import type { Instrument } from "../hooks/instrument.ts";
import type { Asked } from "../hooks/manners.ts";
import { maskOutcome } from "../redaction/mask-outcome.ts";
import type { SecretStore } from "../redaction/secret-store.ts";
import type { Phase } from "../telemetry.ts";
import type { TelemetryHub } from "../telemetry-hub.ts";
import { RunAborted } from "./aborted.ts";
import { RunDeadline } from "./deadline.ts";
import type { AnyEntrypoint } from "./entrypoint.ts";
import { failed, type Outcome, refused, stopped } from "./outcome.ts";
import { confineProjectDirectory } from "./project-directory.ts";
import type { Resource } from "./resource.ts";
import { mergeReceipts, type ResourceLedger } from "./resource-ledger.ts";
import type { Run } from "./run.ts";
import type { RunState } from "./run-state.ts";

/** What a pipeline needs of its runner. */
export interface PipelineParts {
  readonly hooks: HookTable;
  readonly instrument: Instrument;
  readonly asked: WeakMap<Run, Asked[]>;
  /** Plugins that tap `resolveEntrypoint`, in order. */
  readonly resolvers: () => readonly string[];
  /** Entrypoint kinds that somebody executes. */
  readonly kinds: () => readonly string[];
  readonly ledger: ResourceLedger;
  readonly telemetry: TelemetryHub;
  readonly secrets: SecretStore;
  readonly projectDir: string;
  readonly projectRoots: readonly string[];
}

/** Exit code of a run whose time was up, as `timeout(1)` has it. */
const TIMEOUT_EXIT_CODE = 124;

/** Time that a resource's handler has, beyond the run's grace, to end it. */
export const END_SECONDS = 10;

/** How long the runner's own directory is taken to be where it was, in milliseconds. */
const HOME_MS = 1_000;

/** Takes a run through the hooks to exactly one outcome. */
export class Pipeline {
  readonly #parts: PipelineParts;
  #foundHome = { path: "", until: 0 };

  constructor(parts: PipelineParts) {
    this.#parts = parts;
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
    this.#enter(run, "settled");
    return timed(run, await maskOutcome(settled, this.#parts.secrets, run.secretScopes));
  }

  async #decide(run: RunState, deadline: RunDeadline, onExecute: () => void): Promise<Outcome> {
    const walked = this.#walk(run, deadline, onExecute).catch((thrown) => this.#settleFault(run, thrown));
    const outcome = await Promise.race([walked, deadline.stuck]);
    return outcome === "stuck" ? this.#abandon(run, deadline) : outcome;
  }

  async #walk(run: RunState, deadline: RunDeadline, onExecute: () => void): Promise<Outcome> {
    const { hooks } = this.#parts;
    await this.#check(run);
    run.signal.throwIfAborted();
    this.#enter(run, "onLease");
    const refusal = await hooks.onLease.promise(run);
    if (refusal) {
      const { plugin } = refusal;
      return refusedBy(new LeaseholdError("RUN_REFUSED", { plugin, problem: refusal.refusal.reason }));
    }
    checkLimits(run);
    run.freeze();
    run.signal.throwIfAborted();
    this.#enter(run, "resolveEntrypoint");
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
    const { hooks } = this.#parts;
    const executor = hooks.execute.get(entrypoint.kind);
    deadline.restart();
    run.timings.executing = sinceLease(run);
    this.#enter(run, "execute");
    onExecute();
    const outcome = await executor?.promise(run, entrypoint);
    run.timings.executed = sinceLease(run);
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
    const confined =
      run.attached && run.projectDir === this.#parts.projectDir ? this.#home() : this.#confine(run.projectDir);
    run.confineTo(typeof confined === "string" ? confined : await confined);
  }

  #confine(directory: string): Promise<string> {
    return confineProjectDirectory(directory, this.#parts.projectDir, this.#parts.projectRoots);
  }

  /** The runner's own directory for callers who wait: what was found a moment ago still holds, without touching the disk. */
  #home(): string | Promise<string> {
    const { path, until } = this.#foundHome;
    if (performance.now() < until) return path;
    return this.#confine(this.#parts.projectDir).then((found) => {
      this.#foundHome = { path: found, until: performance.now() + HOME_MS };
      return found;
    });
  }

  /** A throw settles by the reason of the abort when there was one, and as the fault that it is otherwise. */
  #settleFault(run: RunState, thrown: unknown): Outcome {
    if (run.signal.aborted) return abortedBy(run.signal.reason as RunAborted);
    if (!(thrown instanceof LeaseholdError)) run.log.error({ err: thrown }, "the run failed inside the core");
    else if (thrown.code === "TAP_FAILED") run.log.error({ err: thrown, ...thrown.details }, thrown.message);
    const code = thrown instanceof LeaseholdError ? thrown.code : "RUN_FAILED";
    const settle = REFUSING.has(code) ? refused : failed;
    return settle({ code, message: messageOf(thrown) });
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
    const reason = new Error("the run has ended");
    const session = run.endsSession ? "finished" : outcome.session;
    const all = session === "finished" ? [run.owner, run.sessionOwner] : [run.owner];
    const owners = all.filter((owner) => this.#parts.ledger.holds(owner));
    if (owners.length === 0) return session === outcome.session ? outcome : { ...outcome, session };
    const seconds = run.limits.graceSeconds + END_SECONDS;
    const ended = await Promise.all(owners.map((owner) => this.#parts.ledger.end(owner, reason, seconds, tried)));
    const receipt = ended.reduce((all, one) => (one ? mergeReceipts(all, one) : all), outcome.receipt);
    return { ...outcome, session, ...(receipt ? { receipt } : {}) };
  }

  async #shape(run: RunState, outcome: Outcome): Promise<Outcome> {
    run.freeze();
    this.#enter(run, "onResult");
    return (await this.#parts.hooks.onResult.promise(outcome, run)) as Outcome;
  }

  #unresolved(run: RunState): LeaseholdError {
    const answers = new Map(this.#parts.asked.get(run)?.map(({ plugin, reason }) => [plugin, reason]));
    const asked = [...new Set(this.#parts.resolvers())]
      .map((plugin) => `${plugin}: ${answers.get(plugin) ?? "no answer"}`)
      .join("; ");
    return new LeaseholdError("ENTRYPOINT_UNRESOLVED", { agent: run.agent.name, asked: asked || "nobody was asked" });
  }

  #enter(run: RunState, phase: Phase): void {
    if (!this.#parts.telemetry.listening) return;
    const about = { source: run.source, run: run.id, session: run.session.id, agent: run.agent.name };
    this.#parts.telemetry.tell({ type: "phase", phase, ...about });
  }
}

const REFUSING: ReadonlySet<string> = new Set(["RUN_INVALID", "PROJECT_DIR_MISSING", "PROJECT_DIR_REFUSED"]);

function refusedBy(error: LeaseholdError): Outcome {
  return refused({ code: error.code, message: error.message });
}

function abortedBy(aborted: RunAborted): Outcome {
  if (aborted.reason !== "timeout") return stopped({ code: "RUN_STOPPED", message: aborted.message });
  return failed({ code: "RUN_TIMEOUT", message: aborted.message }, { exitCode: TIMEOUT_EXIT_CODE });
}

function timed(run: RunState, outcome: Outcome): Outcome {
  return Object.freeze({
    ...outcome,
    timings: { ...run.timings, ...outcome.timings, settled: sinceLease(run) },
  });
}

function sinceLease(run: RunState): number {
  return Math.round(performance.now() - run.leasedAt);
}

/** Limits come from agents, profiles and taps; a timer or a buffer with nonsense in it would do harm later. */
function checkLimits({ limits }: RunState): void {
  for (const [name, value] of Object.entries(limits)) {
    const least = name === "graceSeconds" ? 0 : Number.MIN_VALUE;
    if (!(typeof value === "number" && value >= least))
      throw new LeaseholdError("RUN_INVALID", { problem: `the run's limit ${name} is ${String(value)}` });
  }
}
