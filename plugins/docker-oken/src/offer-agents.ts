import type { Scripts } from "@leasehold/script-executor";
import { type PluginContext, type Token, token } from "leasehold";
import type { AgentsDoor } from "./agents-door.ts";
import { Staging } from "./archive/staging.ts";
import { OkenExecutor } from "./executor.ts";
import type { OkenOptions } from "./options.ts";
import { ScriptAgents } from "./script-agents.ts";
import { OkenSource } from "./source.ts";

/** The Oken runner API of a runner, for commands and embedders. */
export interface OkenApi {
  /** Where it listens, once it does, as in `http://127.0.0.1:8000`. Rejects when it cannot listen. */
  readonly address: Promise<string>;
}

/** For others: `token<OkenApi>("docker-oken/api")` is the same. */
export const OkenApiToken: Token<OkenApi> = token("docker-oken/api");

const ScriptsToken = token<Scripts>("script-executor/scripts");

/**
 * Offers running agents to the outside: as the Oken runner API, whose calls are leases, and as executor of runs from other
 * sources. Answers what ends deployments that are under way.
 */
export function offerAgents(
  context: PluginContext,
  agents: () => Promise<AgentsDoor>,
  options: OkenOptions,
): () => void {
  const { hooks, sources, services, secrets, log } = context;
  const closing = new AbortController();
  const staging = new Staging(options.dataDir);
  const source = new OkenSource({ agents, options, staging, secrets, log });
  const find = () => services.find(ScriptsToken);
  const scripts = new ScriptAgents({ agents, scripts: find, staging, closing: closing.signal });
  const mask = (agentId: string, text: string) => secrets.ofAgent(agentId).text(text);
  const executor = new OkenExecutor({ agents, scripts, mask, outputBytes: options.outputBytes });
  sources.add(source);
  services.provide(OkenApiToken, { useValue: source });
  hooks.resolveEntrypoint.tap((run) => executor.resolve(run), { order: "first" });
  hooks.execute.for("oken-agent").tap((run, entrypoint) => executor.execute(run, entrypoint));
  hooks.execute.for("oken-script").tap((run, entrypoint) => executor.executeScript(run, entrypoint));
  return () => closing.abort(new Error("the runner is shutting down"));
}
