import type { RunnerSecrets } from "leasehold";
import type { LogRequest } from "../agents-door.ts";
import { logLines } from "../containers/log-lines.ts";
import { hasStatus, reasonOf } from "../engine/engine-error.ts";
import { agentNotRunning, OkenError } from "../oken-error.ts";
import type { Agent } from "./agent.ts";

/**
 * What an agent printed, one line after another, without line ends and without its secrets. Throws an `OkenError`; trouble
 * on the way is thrown by the iterator.
 */
export async function logsOf(
  { agentId, version }: Agent,
  { tail, follow, signal }: LogRequest,
  secrets: Pick<RunnerSecrets, "ofAgent">,
): Promise<AsyncIterable<Buffer>> {
  if (!version) throw agentNotRunning(agentId, "no container");
  try {
    const frames = await version.container.logs({ tail, follow, signal });
    const lines = logLines(frames, () => secrets.ofAgent(agentId).stream());
    return mapped(lines, (line) => Buffer.from(secrets.ofAgent(agentId).text(line.toString("utf8"))));
  } catch (thrown) {
    if (hasStatus(thrown, 404)) throw agentNotRunning(agentId, "container not found");
    throw new OkenError("CONTAINER_ERROR", `Logs of agent ${agentId} cannot be read: ${reasonOf(thrown)}`, {
      cause: thrown,
    });
  }
}

async function* mapped<T>(items: AsyncIterable<T>, change: (item: T) => T): AsyncGenerator<T> {
  for await (const item of items) yield change(item);
}
