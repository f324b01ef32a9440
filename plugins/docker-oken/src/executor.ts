import {
  type Decline,
  decline,
  type Entrypoint,
  entrypoint,
  failed,
  jsonResult,
  type Outcome,
  type Run,
  succeeded,
} from "leasehold";
import { checkAgentId } from "./agent-id.ts";
import type { AgentsDoor } from "./agents-door.ts";
import { callAgent } from "./invoke/call-agent.ts";
import type {} from "./invoke/oken-agent-kind.ts";
import { maskFault, OkenError } from "./oken-error.ts";
import type { ScriptAgents } from "./script-agents.ts";
import { SOURCE } from "./source.ts";

/** How a blueprint's command names a deployed agent: `oken:<agent id>`. */
const SCHEME = "oken:";

export interface OkenExecutorParts {
  readonly agents: () => Promise<AgentsDoor>;
  readonly scripts: ScriptAgents;
  /** Takes an agent's secrets out of a text: a run that calls it may have another name. */
  mask(agentId: string, text: string): string;
  /** The most bytes of an agent's answer; runs of other sources have the core's limit besides. */
  readonly outputBytes: number;
}

/** Runs agents in containers, for calls of the API and for runs of any other source alike. */
export class OkenExecutor {
  readonly #parts: OkenExecutorParts;

  constructor(parts: OkenExecutorParts) {
    this.#parts = parts;
  }

  /**
   * The agent that a run is for: the one that a call names; `oken:<agent id>` as the agent's command; a script with an
   * `oken.toml`.
   */
  async resolve(run: Run): Promise<Entrypoint<"oken-agent"> | Entrypoint<"oken-script"> | Decline> {
    if (run.source === SOURCE) return entrypoint("oken-agent", { agentId: run.agent.name });
    const { command, script } = run.agent;
    if (command?.startsWith(SCHEME)) return named(command.slice(SCHEME.length));
    if (script === undefined) return decline(`the agent's command is not ${SCHEME}<agent id>, and it has no script`);
    try {
      const has = await this.#parts.scripts.has(script, run.signal);
      return has ? entrypoint("oken-script", { script }) : decline("the agent's script has no oken.toml");
    } catch (thrown) {
      run.signal.throwIfAborted();
      return decline(
        `the agent's script could not be had: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
      );
    }
  }

  /** Deploys the script where that was not done, then calls its agent. */
  executeScript(run: Run, { script }: Entrypoint<"oken-script">): Promise<Outcome> {
    return settled(async () => this.#call(run, await this.#parts.scripts.deployed(script, run.signal)));
  }

  /** Calls the agent; an abort of the run ends the call in the agent. */
  execute(run: Run, { agentId }: Entrypoint<"oken-agent">): Promise<Outcome> {
    return settled(() => this.#call(run, agentId));
  }

  async #call(run: Run, agentId: string): Promise<Outcome> {
    const { parametersText, signal } = run;
    const call = await (await this.#parts.agents()).enter(agentId, signal);
    try {
      return succeeded(jsonResult(await callAgent(call, parametersText, this.#mostBytes(run), signal)));
    } catch (thrown) {
      throw maskFault(thrown, (text) => this.#parts.mask(agentId, text));
    } finally {
      call.leave();
    }
  }

  /** The API's calls have a limit of their own. */
  #mostBytes({ source, limits }: Run): number {
    const { outputBytes } = this.#parts;
    return source === SOURCE ? outputBytes : Math.min(outputBytes, limits.outputBytes);
  }
}

function named(agentId: string): Entrypoint<"oken-agent"> | Decline {
  try {
    return entrypoint("oken-agent", { agentId: checkAgentId(agentId) });
  } catch (thrown) {
    return decline(`${SCHEME}${agentId} names no agent: ${(thrown as OkenError).message}`);
  }
}

/** What the API would answer with an error is a failed run with the same code, words, status and time to come again. */
async function settled(work: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await work();
  } catch (thrown) {
    if (!(thrown instanceof OkenError)) throw thrown;
    const { code, message, status, retryAfterSeconds } = thrown;
    return failed({ code, message, status, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) });
  }
}
