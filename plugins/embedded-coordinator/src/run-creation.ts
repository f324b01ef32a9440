import { z } from "leasehold";
import { type Agent, findAgent } from "./agents.ts";
import type { Coordinator } from "./coordinator.ts";
import { type DemandSource, type Demands, demandsSchema, mergeDemands } from "./demands.ts";
import { freshId } from "./identity.ts";
import { mapNumbers } from "./json-text.ts";
import { schemaFor } from "./parameters.ts";
import { pythonNumber } from "./python-numbers.ts";
import { Refusal } from "./refusal.ts";
import { scriptDemands } from "./scripts.ts";
import { changeSession, createSession } from "./sessions.ts";
import type { SessionRow } from "./store/rows.ts";

const jsonObject = z.record(z.string(), z.unknown());

/** The body of `POST /runs` (protocol §2.5). */
export const newRunSchema = z.object({
  type: z.enum(["start_session", "resume_session"]),
  parameters: jsonObject,
  session_id: z.string().nullish(),
  agent_name: z.string().nullish(),
  project_dir: z.string().nullish(),
  parent_session_id: z.string().nullish(),
  execution_mode: z.enum(["sync", "async_poll", "async_callback"]).default("sync"),
  additional_demands: demandsSchema.nullish(),
  scope: jsonObject.nullish(),
});

export type NewRun = z.infer<typeof newRunSchema>;

/**
 * Queues a run, with a new session unless it resumes one, and wakes the polls. `texts` holds the source text of
 * `parameters` and `scope`. Refuses as the protocol lists, in its order (§2.5).
 */
export function createRun(coordinator: Coordinator, request: NewRun, texts: ReadonlyMap<string, string>) {
  const { store, clock, options, waiting } = coordinator;
  const resumed = request.type === "resume_session" ? sessionToResume(coordinator, request) : undefined;
  const agentName = request.agent_name || resumed?.agent_name || null;
  const agent = agentName === null ? undefined : findAgent(coordinator, agentName);
  if (resumed && isProcedural(agent)) throw noProceduralResume(agentName);
  checkScript(coordinator, agent);
  coordinator.parameters.check(request.parameters, schemaFor(coordinator, request.type, agent), agentName);
  checkSessions(coordinator, request);

  const now = clock.now();
  const created_at = clock.text(now);
  const session_id = request.session_id || freshId("ses");
  const run_id = freshId("run");
  store.atomically(() => {
    if (resumed) changeSession(coordinator, session_id, { last_resumed_at: created_at });
    else createSession(coordinator, newSession(request, session_id, agentName, created_at));
    store.runs.insert({
      run_id,
      type: request.type,
      session_id,
      agent_name: agentName,
      parameters: keptText(coordinator, texts.get("parameters") ?? "{}"),
      project_dir: request.project_dir ?? null,
      parent_session_id: request.parent_session_id ?? null,
      execution_mode: request.execution_mode,
      demands: JSON.stringify(demandsFor(coordinator, request, agent, resumed)),
      status: "pending",
      created_at,
      timeout_at: clock.text(now + options.noMatchTimeoutSeconds * 1000),
      scope: request.scope ? keptText(coordinator, texts.get("scope") ?? "{}") : null,
    });
  });
  waiting.wake();
  return { run_id, session_id, status: "pending" };
}

function sessionToResume({ store }: Coordinator, { session_id }: NewRun): SessionRow {
  if (!session_id) throw new Refusal(400, "session_id is required for resume_session");
  const session = store.sessions.get(session_id);
  if (!session) throw new Refusal(404, `Session '${session_id}' not found`);
  return session;
}

function checkScript({ store }: Coordinator, agent: Agent | undefined): void {
  if (agent?.kind !== "own" || !agent.definition.script || store.scripts.get(agent.definition.script)) return;
  const { name, definition } = agent;
  const message = `Agent '${name}' references script '${definition.script}', which does not exist`;
  throw new Refusal(400, { error: "script_not_found", message, agent_name: name, script_name: definition.script });
}

function checkSessions({ store }: Coordinator, { type, session_id, parent_session_id }: NewRun): void {
  if (type === "start_session" && session_id && store.sessions.get(session_id)) {
    throw new Refusal(409, `Session '${session_id}' already exists`);
  }
  if (parent_session_id && !store.sessions.get(parent_session_id)) {
    throw new Refusal(404, `Parent session '${parent_session_id}' not found`);
  }
}

function demandsFor(
  { store }: Coordinator,
  request: NewRun,
  agent: Agent | undefined,
  resumed: SessionRow | undefined,
): Demands {
  const sources: (DemandSource | null | undefined)[] = [];
  if (agent?.kind === "runner") {
    const { hostname, project_dir, executor_profile } = agent.owner;
    sources.push({ hostname, project_dir, executor_profile });
  }
  if (resumed) sources.push({ hostname: resumed.hostname, executor_profile: resumed.executor_profile });
  if (agent?.kind === "own") {
    const script = agent.definition.script ? store.scripts.get(agent.definition.script) : undefined;
    sources.push(script && scriptDemands(script), agent.definition.demands);
  }
  sources.push({ executor_type: isProcedural(agent) ? "procedural" : "autonomous" }, request.additional_demands);
  return mergeDemands(sources.filter((source) => source !== null && source !== undefined));
}

function isProcedural(agent: Agent | undefined): boolean {
  return agent?.kind === "runner" || agent?.definition.type === "procedural";
}

function noProceduralResume(agent_name: string | null): Refusal {
  const message = `Agent '${agent_name}' is procedural, and sessions of procedural agents cannot be resumed`;
  return new Refusal(400, { error: "procedural_agent_no_resume", message, agent_name });
}

function newSession(request: NewRun, session_id: string, agentName: string | null, created_at: string): SessionRow {
  return {
    session_id,
    status: "pending",
    created_at,
    project_dir: request.project_dir ?? null,
    agent_name: agentName,
    last_resumed_at: null,
    parent_session_id: request.parent_session_id ?? null,
    executor_session_id: null,
    executor_profile: null,
    hostname: null,
  };
}

function keptText({ hazards }: Coordinator, text: string): string {
  return hazards.pythonNumbers ? mapNumbers(text, pythonNumber) : text;
}
