import type { AgentCall } from "./invoke/agent-call.ts";

/** What became of a deployment that was built and started. */
export interface Deployed {
  /** `error`: it did not become ready, as `error` says. */
  readonly status: "running" | "error";
  readonly error?: string;
  readonly buildLog?: string;
}

export interface DeployOptions {
  readonly secrets: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Hears every line of the image build as it comes. */
  onLine?(line: string): void;
}

/** An agent as `GET /agents` tells of it. */
export interface AgentSummary {
  readonly agentId: string;
  readonly name: string;
  readonly status: "building" | "running" | "error" | "stopped";
  readonly createdAt: Date;
  readonly lastInvoked?: Date | undefined;
}

export interface LogRequest {
  /** How many of the last lines. */
  readonly tail: number;
  /** Whether to go on with what comes. */
  readonly follow: boolean;
  readonly signal: AbortSignal;
}

/** What the HTTP API and the executor need of the running agents. All reject with an `OkenError`. */
export interface AgentsDoor {
  /** Takes over a fresh folder. Rejects for what keeps the agent from being started at all. */
  deploy(agentId: string, folder: string, options: DeployOptions): Promise<Deployed>;
  /** Waits for a place, and for the agent to wake up. */
  enter(agentId: string, signal: AbortSignal): Promise<AgentCall>;
  stop(agentId: string): Promise<void>;
  /** In order of first registration. */
  list(): readonly AgentSummary[];
  runningCount(): number;
  /** One line each, without its end. */
  logs(agentId: string, request: LogRequest): Promise<AsyncIterable<Buffer>>;
  buildLog(agentId: string): Promise<string>;
}
