import { Credentials, describeAgent, type Invocation, isJsonObject, printable, printableLine } from "leasehold";
import { type ClientSettings, CoordinatorClient } from "../client.ts";
import { Unanswered } from "../exchange.ts";
import { options as pluginSchema } from "../options.ts";
import { fetchAgent, parametersFor, propertiesOf } from "./agent.ts";
import { createRun, newSessionId, type RunRequest, type Submitted } from "./create-run.ts";
import { openEventStream } from "./event-stream.ts";
import { exitCodeOf } from "./exit-code.ts";
import { type Flags, flags } from "./flags.ts";
import { followRun } from "./follow-run.ts";
import { createProgress } from "./progress.ts";
import { fetchResult } from "./result.ts";
import { writeEnd } from "./write-end.ts";

/** What a request of a person's may take. */
const REQUEST_MS = 20_000;
const INTERRUPTED = 130;

/** Creates a run at the coordinator and follows it. Answers the exit code. */
export async function submit(invocation: Invocation): Promise<number> {
  const runner = await invocation.createRunner();
  const { url } = pluginSchema.parse(invocation.pluginOptions);
  const credentials = () => runner.services.find(Credentials);
  const settings = { url, requestMs: REQUEST_MS, credentials, log: invocation.log, secrets: invocation.secrets };
  const client = new CoordinatorClient(settings);
  try {
    return await submitWith(client, settings, invocation);
  } catch (thrown) {
    if (thrown instanceof Unanswered && invocation.signal.aborted) return INTERRUPTED;
    throw thrown;
  } finally {
    await client.close();
  }
}

async function submitWith(
  client: CoordinatorClient,
  settings: ClientSettings,
  invocation: Invocation,
): Promise<number> {
  const [name = "", ...words] = invocation.arguments;
  const agent = await fetchAgent(client, name, invocation.signal);
  if (words.includes("--help") && !Object.hasOwn(propertiesOf(agent), "help")) {
    invocation.stdout.write(printable(describeAgent(agent, "submit")));
    return 0;
  }
  const parametersText = parametersFor(agent, words);
  const own = flags.parse(invocation.options);
  const request = { agentName: name, parametersText, ...(own.in === undefined ? {} : { projectDir: own.in }) };
  if (!own.wait) return announce(await createRun(client, request), own, invocation);
  return createAndFollow(client, settings, request, own, invocation);
}

function announce({ runId, sessionId }: Submitted, { json }: Flags, { stdout }: Invocation): number {
  const ids = { run_id: runId, session_id: sessionId, status: "pending", result: null, error: null };
  stdout.write(json ? `${JSON.stringify(ids)}\n` : `${printableLine(runId)} ${printableLine(sessionId)}\n`);
  return 0;
}

/** Listens before the run is there, so that no event of it is missed. */
async function createAndFollow(
  client: CoordinatorClient,
  settings: ClientSettings,
  request: RunRequest,
  { json }: Flags,
  invocation: Invocation,
): Promise<number> {
  const { stdout, stderr, signal, secondSignal } = invocation;
  const sessionId = newSessionId();
  const over = new AbortController();
  const progress = createProgress(stderr, { silent: json });
  try {
    const stream = await openEventStream(settings, sessionId, over.signal);
    const run = await createRun(client, { ...request, sessionId });
    const end = await followRun({ client, run, stream, progress, stop: signal, giveUp: secondSignal });
    progress.close();
    if (!end) {
      stderr.write(`Gave up waiting; run ${printableLine(run.runId)} may still go on.\n`);
      return INTERRUPTED;
    }
    const result = await fetchResult(client, run.sessionId, end.status, stream);
    writeEnd({ run, end, result, json, stdout, stderr });
    return exitCodeOf(end.status, isJsonObject(result?.data) ? result.data["return_code"] : undefined);
  } finally {
    progress.close();
    over.abort();
  }
}
