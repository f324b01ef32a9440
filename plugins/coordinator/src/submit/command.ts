import {
  type Command,
  Credentials,
  describeAgent,
  type Invocation,
  isJsonObject,
  printable,
  printableLine,
  z,
} from "leasehold";
import { type ClientSettings, CoordinatorClient } from "../client.ts";
import { Unanswered } from "../exchange.ts";
import { options as pluginSchema } from "../options.ts";
import { fetchAgent, parametersFor, propertiesOf } from "./agent.ts";
import { createRun, newSessionId, type RunRequest, type Submitted } from "./create-run.ts";
import { openEventStream } from "./event-stream.ts";
import { exitCodeOf } from "./exit-code.ts";
import { followRun } from "./follow-run.ts";
import { createProgress } from "./progress.ts";
import { fetchResult } from "./result.ts";
import { writeEnd } from "./write-end.ts";

/** What a request of a person's may take. */
const REQUEST_MS = 20_000;
const INTERRUPTED = 130;

const flags = z.strictObject({
  json: z.boolean().default(false).meta({
    flag: "--json",
    description: "Print one JSON document: run_id, session_id, status, result, error",
  }),
  wait: z.boolean().default(true).meta({ flag: "--no-wait", description: "Print the ids and end at once" }),
  in: z.string().min(1).optional().meta({
    flag: "--in <directory>",
    description: "Project directory of the run, on the runner's machine. Default: the runner's own",
  }),
});

type Flags = z.output<typeof flags>;

/** `leasehold submit`: creates a run at the coordinator, follows it, and ends with its exit code. */
export const submitCommand: Command = {
  name: "submit",
  arguments: ["<agent>", "[parameters...]"],
  summary: "Send a run to the coordinator and follow it; words after the agent's name are its parameters",
  examples: [
    "submit echo --message hello",
    "submit --json --coordinator-url http://coordinator:8765 echo --message hello",
    "submit --no-wait --in /srv/jobs test --stdout ok",
    "submit echo --help",
  ],
  options: flags,
  async run(invocation) {
    const runner = await invocation.createRunner();
    const { url } = pluginSchema.parse(invocation.pluginOptions);
    const credentials = () => runner.services.find(Credentials);
    const settings = { url, requestMs: REQUEST_MS, credentials, log: invocation.log, secrets: invocation.secrets };
    const client = new CoordinatorClient(settings);
    try {
      return await submit(client, settings, invocation);
    } catch (thrown) {
      if (thrown instanceof Unanswered && invocation.signal.aborted) return INTERRUPTED;
      throw thrown;
    } finally {
      await client.close();
    }
  },
};

async function submit(client: CoordinatorClient, settings: ClientSettings, invocation: Invocation): Promise<number> {
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
