import { isJsonObject, z } from "leasehold";
import { pause } from "../backoff.ts";
import type { CoordinatorClient } from "../client.ts";
import { Unanswered } from "../exchange.ts";
import { describeReply, isSuccess } from "../judgement.ts";
import type { Submitted } from "./create-run.ts";
import type { EventStream, StreamEvent } from "./event-stream.ts";
import type { Progress } from "./progress.ts";

/** How a run ended. */
export interface RunEnd {
  readonly status: "completed" | "failed" | "stopped";
  readonly error: string | undefined;
}

export interface Following {
  readonly client: CoordinatorClient;
  readonly run: Submitted;
  readonly stream: EventStream;
  readonly progress: Progress;
  /** Stops the run when aborted; its end is waited for. */
  readonly stop: AbortSignal;
  /** Ends the waiting. */
  readonly giveUp: AbortSignal;
}

/** From look to look: the stream tells when to look sooner, but may be behind, or break unnoticed. */
const LOOK_MS = { streaming: 2_000, polling: 700 } as const;
/** Events that are on their way when the run has ended. */
const LAST_EVENTS_MS = 500;

const runAnswer = z.object({ status: z.string(), error: z.string().nullish() });

/** Follows a run to its end, whatever happens to the connection. Nothing when it is given up. */
export async function followRun(following: Following): Promise<RunEnd | undefined> {
  const { stream, progress, run, stop, giveUp } = following;
  const bell = new Bell();
  const sessionEnded = Promise.withResolvers<void>();
  progress.begin(run);
  stream.listen((event) => {
    if (event.topic === "event" && isJsonObject(event.data["data"])) progress.event(event.data["data"]);
    else bell.ring();
    if (isSessionEnd(event)) sessionEnded.resolve();
  });
  const onStop = () => void stopRun(following).finally(() => bell.ring());
  if (stop.aborted) onStop();
  else stop.addEventListener("abort", onStop, { once: true });
  try {
    while (!giveUp.aborted) {
      const end = await look(following);
      if (end) {
        if (stream.open) await Promise.race([sessionEnded.promise, pause(LAST_EVENTS_MS, giveUp)]);
        return end;
      }
      await bell.wait(stream.open ? LOOK_MS.streaming : LOOK_MS.polling, giveUp);
    }
    return undefined;
  } finally {
    stop.removeEventListener("abort", onStop);
  }
}

async function look({ client, run, progress, giveUp }: Following): Promise<RunEnd | undefined> {
  try {
    const reply = await client.send("GET", `/runs/${encodeURIComponent(run.runId)}`, { signal: giveUp });
    if (!isSuccess(reply)) {
      progress.trouble(`the coordinator answered ${describeReply(reply)}; still asking`);
      return undefined;
    }
    const { status, error } = runAnswer.parse(JSON.parse(reply.body));
    progress.status(status);
    return isEnd(status) ? { status, error: error ?? undefined } : undefined;
  } catch (thrown) {
    if (giveUp.aborted) return undefined;
    if (thrown instanceof Unanswered) progress.trouble(`${thrown.message}; still asking`);
    else progress.trouble("the coordinator answered what no coordinator answers; still asking");
    return undefined;
  }
}

async function stopRun({ client, run, progress, giveUp }: Following): Promise<void> {
  progress.note("stopping the run; interrupt again to give up waiting");
  try {
    const reply = await client.send("POST", `/sessions/${encodeURIComponent(run.sessionId)}/stop`, { signal: giveUp });
    if (!isSuccess(reply)) progress.note(`the run could not be stopped: ${describeReply(reply)}`);
  } catch (thrown) {
    if (!giveUp.aborted) progress.note(`the run could not be stopped: ${(thrown as Error).message}`);
  }
}

function isEnd(status: string): status is RunEnd["status"] {
  return status === "completed" || status === "failed" || status === "stopped";
}

function isSessionEnd({ topic, data }: StreamEvent): boolean {
  const session = data["session"];
  const status = topic === "session_updated" && isJsonObject(session) ? session["status"] : undefined;
  return topic === "run_failed" || ["finished", "idle", "failed", "stopped"].includes(String(status));
}

/** Wakes who waits; rung while nobody waits, it wakes the next at once. */
class Bell {
  #rung = Promise.withResolvers<void>();

  ring(): void {
    this.#rung.resolve();
  }

  async wait(ms: number, signal: AbortSignal): Promise<void> {
    const over = new AbortController();
    await Promise.race([this.#rung.promise, pause(ms, AbortSignal.any([signal, over.signal]))]);
    over.abort();
    this.#rung = Promise.withResolvers<void>();
  }
}
