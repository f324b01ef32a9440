import { CommandError } from "leasehold";
import type { CoordinatorClient, RequestDetails } from "../client.ts";
import { type Reply, Unanswered } from "../exchange.ts";
import { describeReply, refusesCredentials } from "../judgement.ts";

/** Sends a request for a person. Rejects with a `CommandError` when nobody answers, with `Unanswered` when they gave up. */
export async function ask(
  client: CoordinatorClient,
  method: "GET" | "POST",
  path: string,
  details: RequestDetails = {},
): Promise<Reply> {
  try {
    return await client.send(method, path, details);
  } catch (thrown) {
    if (!(thrown instanceof Unanswered) || details.signal?.aborted) throw thrown;
    const uncertain = thrown.sent && method === "POST" ? " It may have taken the request all the same." : "";
    throw new CommandError(
      `the coordinator cannot be reached: ${thrown.message}`,
      `Start it, or name another with --coordinator-url or AGENT_ORCHESTRATOR_API_URL; leasehold doctor tells more.${uncertain}`,
      { cause: thrown },
    );
  }
}

/** The coordinator answered, but not as asked. */
export function refused(client: CoordinatorClient, what: string, reply: Reply): CommandError {
  const fix = refusesCredentials(reply)
    ? "Configure a plugin that provides credentials for it, or mend the ones that were sent."
    : "Look into what it says; leasehold doctor tells whether it is a coordinator at all.";
  return new CommandError(`${client.url} did not ${what} (${describeReply(reply)})`, fix);
}
