import { reasonOf } from "../engine/engine-error.ts";
import type { AgentEvent } from "./agent-events.ts";
import type { AgentParts } from "./agent-parts.ts";
import type { AgentRecord } from "./agent-record.ts";
import { Gate } from "./gate.ts";
import { Lane } from "./lane.ts";
import { type AgentStatus, firstLife, type Life, statusOf } from "./life.ts";
import { RecordKeeper } from "./record-keeper.ts";
import { Restarts } from "./restarts.ts";
import type { Version } from "./version.ts";

/** What one agent is now; everything that is done to it looks here and notes here what has become of it. */
export class AgentState {
  readonly agentId: string;
  readonly parts: AgentParts;
  readonly keeper: RecordKeeper;
  readonly gate: Gate;
  /** One thing at a time is done to the container. */
  readonly lane = new Lane();
  readonly restarts: Restarts;
  /** Aborted with the reason once nothing more may be begun. */
  readonly over = new AbortController();
  life: Life;
  /** The newest good version; of an agent that has none, what is left of the failed one, for its log. */
  version: Version | undefined;

  constructor(parts: AgentParts, record: AgentRecord) {
    const { concurrency, queued, restartAttempts } = parts.options;
    this.agentId = record.agentId;
    this.parts = parts;
    const report = (what: string, thrown: unknown) => this.report(what, thrown);
    this.keeper = new RecordKeeper(record, { save: (saved) => parts.save(saved), report });
    this.gate = new Gate(record.agentId, { concurrency, queued });
    this.restarts = new Restarts(restartAttempts);
    this.life = firstLife(record.life);
  }

  get record(): AgentRecord {
    return this.keeper.record;
  }

  get status(): AgentStatus {
    return statusOf(this.life, this.record.life);
  }

  /** Whether there is a version that works, or did. */
  get serves(): boolean {
    return this.life !== "deploying" && this.life !== "failed";
  }

  async save(life: AgentRecord["life"]): Promise<void> {
    await this.keeper.save(life, this.version);
  }

  /** Answers whether it was done; what is thrown is logged (OKEN-D18). */
  async inLane(work: () => Promise<void>): Promise<boolean> {
    try {
      await this.lane.run(work);
      return true;
    } catch (thrown) {
      this.report("could not be looked after", thrown);
      return false;
    }
  }

  report(what: string, thrown: unknown): void {
    this.parts.log.error({ err: thrown, agent: this.agentId }, `agent ${this.agentId} ${what}: ${reasonOf(thrown)}`);
  }

  tell(event: Omit<AgentEvent, "agent">): void {
    this.parts.tell({ agent: this.agentId, ...event });
  }
}
