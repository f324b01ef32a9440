import { OkenError } from "../oken-error.ts";
import { Lane } from "./lane.ts";

/** What waits for its turn with one id: deployments, and the end of the agent. */
export interface Line {
  readonly lane: Lane;
  /** Aborts what is under way. */
  readonly over: AbortController;
}

/** Deployments of one id, and its stop, wait for each other (OKEN-D33); those of other ids do not. */
export class Lines {
  readonly #lines = new Map<string, Line>();
  #closed = false;

  has(agentId: string): boolean {
    return this.#lines.has(agentId);
  }

  /** The line of an id; a new one where nobody waits. */
  of(agentId: string): Line {
    const line = this.#lines.get(agentId) ?? { lane: new Lane(), over: new AbortController() };
    this.#lines.set(agentId, line);
    if (this.#closed) line.over.abort(closing());
    return line;
  }

  /** Ends what is under way with an id. Answers the line that this leaves, and the one for who comes now. */
  cut(agentId: string, reason: OkenError): readonly [left: Line, next: Line] {
    const left = this.of(agentId);
    this.#lines.delete(agentId);
    left.over.abort(reason);
    return [left, this.of(agentId)];
  }

  async run<T>(agentId: string, line: Line, work: () => Promise<T>): Promise<T> {
    try {
      return await line.lane.run(work);
    } finally {
      if (line.lane.empty && this.#lines.get(agentId) === line) this.#lines.delete(agentId);
    }
  }

  /** Ends everything, and waits for it; what comes later ends before it begins. */
  async close(): Promise<void> {
    this.#closed = true;
    const lines = [...this.#lines.values()];
    for (const { over } of lines) over.abort(closing());
    await Promise.all(lines.map(({ lane }) => lane.run(async () => undefined)));
  }
}

function closing(): OkenError {
  return new OkenError("CONTAINER_ERROR", "The runner is shutting down");
}
