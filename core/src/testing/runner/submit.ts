import { randomUUID } from "node:crypto";
import { isJsonObject } from "../../json/value.ts";
import type { Runner } from "../../runner-api.ts";
import type { TestCoordinator } from "./coordinators.ts";
import type { Hearing } from "./hearing.ts";
import type { MemorySource } from "./memory-source.ts";
import { postJson } from "./post-json.ts";
import type { Submission, Submitted } from "./test-runner.ts";

/** Queues a run at a coordinator, as its clients do (protocol §2.4). */
export async function submitTo(
  coordinator: () => Promise<TestCoordinator>,
  { agent, parameters = {}, session }: Submission,
  hearing: Hearing,
): Promise<Submitted> {
  if (typeof agent !== "string") throw new TypeError("a coordinator wants the name of an agent");
  const type = session === undefined ? "start_session" : "resume_session";
  const body = { type, agent_name: agent, parameters, ...(session === undefined ? {} : { session_id: session }) };
  const created = await postJson(`${(await coordinator()).url}/runs`, body);
  const id = isJsonObject(created) ? String(created["run_id"]) : "";
  const sessionId = isJsonObject(created) ? String(created["session_id"]) : "";
  const stop = async () => {
    await postJson(`${(await coordinator()).url}/sessions/${encodeURIComponent(sessionId)}/stop`, {});
  };
  return { id, session: sessionId, ...endOf(id, hearing), stop };
}

/** Offers a run from memory. */
export async function offerFrom(
  source: MemorySource,
  { agent, parameters = {}, session }: Submission,
  runner: Runner,
  hearing: Hearing,
): Promise<Submitted> {
  const id = `run-${randomUUID()}`;
  const sessionId = session ?? `session-${randomUUID()}`;
  const offered = runner.profiles.flatMap(({ agents }) => agents).find(({ name }) => name === agent);
  await source.offer({
    id,
    agent: typeof agent === "string" ? (offered ?? { name: agent }) : agent,
    session: { id: sessionId, mode: session === undefined ? "start" : "resume" },
    parametersText: JSON.stringify(parameters),
  });
  const stop = async () => void (await (await source.feed).stop({ run: id }));
  return { id, session: sessionId, ...endOf(id, hearing), stop };
}

const ENDS: ReadonlySet<string> = new Set(["settled", "completed", "failed", "stopped"]);

function endOf(id: string, hearing: Hearing): Pick<Submitted, "outcome" | "delivered"> {
  return {
    outcome: hearing.told("outcome", ({ run }) => run === id).then(({ outcome }) => outcome),
    delivered: hearing
      .told("delivery", ({ run, report, answer }) => run === id && ENDS.has(report) && answer === "accepted")
      .then(() => undefined),
  };
}
