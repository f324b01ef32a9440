import { randomBytes } from "node:crypto";
import { CommandError, z } from "leasehold";
import type { CoordinatorClient } from "../client.ts";
import type { Reply } from "../exchange.ts";
import { detailMember, detailOf, isSuccess } from "../judgement.ts";
import { wellFormed } from "../well-formed.ts";
import { ask, refused } from "./ask.ts";

/** What a run is created from. */
export interface RunRequest {
  readonly agentName: string;
  /** JSON text, sent byte for byte but for lone surrogates. */
  readonly parametersText: string;
  readonly projectDir?: string;
  /** The coordinator's choice when absent. */
  readonly sessionId?: string;
}

/** The ids of a run that the coordinator has taken. */
export interface Submitted {
  readonly runId: string;
  readonly sessionId: string;
}

const createdAnswer = z.object({ run_id: z.string().min(1), session_id: z.string().min(1) });

const validationErrors = z.array(z.object({ path: z.unknown(), message: z.string() }));

/** A session's id in the coordinator's own form (protocol §1.3). */
export function newSessionId(): string {
  return `ses_${randomBytes(6).toString("hex")}`;
}

/** `POST /runs` (protocol §2.5). Rejects with a `CommandError` that puts a refusal into words. */
export async function createRun(client: CoordinatorClient, request: RunRequest): Promise<Submitted> {
  const members = {
    type: "start_session",
    agent_name: request.agentName,
    ...(request.sessionId === undefined ? {} : { session_id: request.sessionId }),
    ...(request.projectDir === undefined ? {} : { project_dir: request.projectDir }),
  };
  const body = `${JSON.stringify(members).slice(0, -1)},"parameters":${wellFormed(request.parametersText)}}`;
  const reply = await ask(client, "POST", "/runs", { body });
  if (!isSuccess(reply)) throw refusal(client, request, reply);
  const created = createdAnswer.safeParse(parse(reply.body));
  if (!created.success) throw refused(client, "create the run", reply);
  return { runId: created.data.run_id, sessionId: created.data.session_id };
}

function refusal(client: CoordinatorClient, { agentName }: RunRequest, reply: Reply): CommandError {
  if (detailMember(reply, "error") !== "parameter_validation_failed") return refused(client, "create the run", reply);
  const errors = validationErrors.safeParse(detailMember(reply, "validation_errors"));
  const problems = errors.success ? errors.data.map(({ path, message }) => `  - ${placeOf(path)}${message}`) : [];
  const what = `${client.url} refused the parameters of agent "${agentName}"`;
  const fix = `leasehold submit ${agentName} --help tells what it takes.`;
  return new CommandError(
    [`${what}:`, ...(problems.length > 0 ? problems : [`  - ${detailOf(reply)}`])].join("\n"),
    fix,
    {
      exitCode: 2,
    },
  );
}

/** `--name: ` or `--name.inner: `; a path is text with dots or slashes, or a list of keys. */
function placeOf(path: unknown): string {
  const keys = Array.isArray(path) ? path.map(String) : String(path ?? "").split(/[./]/);
  const place = keys.filter((key) => key !== "" && key !== "$" && key !== "root").join(".");
  return place === "" ? "" : `--${place}: `;
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
