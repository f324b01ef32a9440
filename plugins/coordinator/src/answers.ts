import { isJsonObject, type JsonObject, jsonMemberText, z } from "leasehold";
import { isPathSegment } from "./path-segment.ts";

/** A run as the coordinator delivers it, as far as this runner looks at it (protocol §1.2). */
export interface DeliveredRun {
  readonly runId: string;
  readonly sessionId: string;
  readonly type: string;
  readonly agentName: string | undefined;
  readonly projectDir: string | undefined;
  readonly blueprint: JsonObject | undefined;
  /** Exact JSON text of the parameters. */
  readonly parametersText: string;
}

/** A run that cannot be executed as delivered, but can be named. */
interface BrokenRun {
  readonly runId: string;
  readonly sessionId: string;
  readonly problem: string;
}

/** What a poll answered. One kind at a time by the protocol; whatever is there is kept. */
export interface PollAnswer {
  readonly deregistered: boolean;
  readonly stopSessions: readonly string[];
  readonly syncScripts: readonly string[];
  readonly removeScripts: readonly string[];
  readonly run?: DeliveredRun;
  readonly brokenRun?: BrokenRun;
  /** What in the answer made no sense, as sentences without values. */
  readonly problems: readonly string[];
}

/** Reads the body of a poll's 200. Never throws: what makes no sense becomes a problem. */
export function readPollAnswer(body: string): PollAnswer {
  const answer = parseObject(body);
  if (!answer) return { ...nothing, problems: ["the body is no JSON object"] };
  const problems: string[] = [];
  const names = (key: string) => readNames(answer[key], key, problems);
  const read: PollAnswer = {
    deregistered: Boolean(answer["deregistered"]),
    stopSessions: names("stop_sessions"),
    syncScripts: names("sync_scripts"),
    removeScripts: names("remove_scripts"),
    problems,
    ...(answer["run"] == null ? {} : readRun(answer["run"], body, problems)),
  };
  if (!MEMBERS.some((member) => answer[member] != null)) problems.push(`the body has none of ${MEMBERS.join(", ")}`);
  return read;
}

const MEMBERS = ["deregistered", "stop_sessions", "sync_scripts", "remove_scripts", "run"];

const nothing: PollAnswer = {
  deregistered: false,
  stopSessions: [],
  syncScripts: [],
  removeScripts: [],
  problems: [],
};

const text = z.string().nullish();
const name = z.string().min(1);
/** Whose members are nobody's business here: a record would be gone through and copied. */
const object = z.custom<JsonObject>(isJsonObject, { error: "Invalid input: expected an object" });
const id = name.refine(isPathSegment, { error: "is no id that a request could name" });

const deliveredRun = z.object({
  run_id: id,
  session_id: id,
  type: name,
  agent_name: text,
  parameters: object,
  project_dir: text,
  resolved_agent_blueprint: object.nullish(),
});

function readRun(value: unknown, body: string, problems: string[]): Pick<PollAnswer, "run" | "brokenRun"> {
  const run = deliveredRun.safeParse(value);
  if (run.success) return { run: toDeliveredRun(run.data, value, body) };
  const problem = `the run makes no sense: ${faults(run.error)}`;
  problems.push(problem);
  const [run_id, session_id] = isJsonObject(value) ? [value["run_id"], value["session_id"]] : [];
  const runId = id.safeParse(run_id).data;
  if (runId === undefined) return {};
  return { brokenRun: { runId, sessionId: id.safeParse(session_id).data ?? runId, problem } };
}

function toDeliveredRun(run: z.output<typeof deliveredRun>, value: unknown, body: string): DeliveredRun {
  const blueprint = isJsonObject(value) ? value["resolved_agent_blueprint"] : undefined;
  return {
    runId: run.run_id,
    sessionId: run.session_id,
    type: run.type,
    agentName: run.agent_name || undefined,
    projectDir: run.project_dir || undefined,
    blueprint: isJsonObject(blueprint) ? blueprint : undefined,
    parametersText: jsonMemberText(body, ["run", "parameters"]) ?? "{}",
  };
}

function readNames(value: unknown, key: string, problems: string[]): string[] {
  if (value == null) return [];
  if (!Array.isArray(value)) {
    problems.push(`${key} is no array`);
    return [];
  }
  const names = value.filter((item): item is string => typeof item === "string" && isPathSegment(item));
  if (names.length < value.length) problems.push(`${key} holds something that is no name`);
  return names;
}

function parseObject(body: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Paths and expectations only: a run's values are nobody's business in a log. */
function faults(error: z.ZodError): string {
  return error.issues.map(({ path, message }) => `${path.join(".") || "run"}: ${message}`).join("; ");
}
