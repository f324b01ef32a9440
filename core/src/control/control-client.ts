import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import type { RunnerStatus } from "../status/runner-status.ts";
import { request } from "./http.ts";
import { withSocketAddress } from "./socket-path.ts";

/** A runner that is there answers at once; one that is stuck in its main loop does not. */
const ANSWER_MS = 5_000;
/** What connecting says where nobody listens. */
const NOBODY = ["ENOENT", "ECONNREFUSED", "ENOTDIR"];

/** The status of the runner that works with a state directory; nothing when none is there. Rejects when it does not answer. */
export async function askHealth(directory: string): Promise<RunnerStatus | undefined> {
  const response = await send(directory, "GET", "/health");
  return response && (JSON.parse(await text(response)) as RunnerStatus);
}

/**
 * Has the runner of a state directory drain, or stop its work; its status at once, and after every change until it ends. Nothing when no
 * runner is there. The last status has the phase `ended`, unless the runner was killed.
 */
export async function followEnd(
  directory: string,
  act: "drain" | "stop",
  signal: AbortSignal,
): Promise<AsyncIterable<RunnerStatus> | undefined> {
  const response = await send(directory, "POST", `/${act}`, signal);
  return response && statusesOf(response, signal);
}

async function* statusesOf(response: IncomingMessage, signal: AbortSignal): AsyncIterable<RunnerStatus> {
  try {
    for await (const line of createInterface({ input: response })) yield JSON.parse(line) as RunnerStatus;
  } catch (thrown) {
    if (signal.aborted || response.errored) return;
    throw thrown;
  }
}

async function send(
  directory: string,
  method: string,
  path: string,
  signal?: AbortSignal,
): Promise<IncomingMessage | undefined> {
  try {
    return await withSocketAddress(directory, async (socketPath) => {
      const asked = request({ socketPath, method, path, ...(signal ? { signal } : {}) });
      asked.setTimeout(ANSWER_MS, () => asked.destroy(new Error(`it did not answer within ${ANSWER_MS / 1_000} s`)));
      asked.end();
      const [response] = (await once(asked, "response")) as [IncomingMessage];
      asked.setTimeout(0);
      // Its loss ends the reading, and is told there.
      asked.on("error", () => undefined);
      return response;
    });
  } catch (thrown) {
    if (NOBODY.includes((thrown as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw thrown;
  }
}
