import type { Invocation } from "leasehold";
import { type Assignment, type News, order } from "./assignment.ts";

/** The drain's own limit counts only from an order to end. */
const NO_LIMIT_SECONDS = 1_000_000;

/** The part of a process that is nothing but a runner: it leases until its parent, a signal or its parent's death ends it. */
export async function leaseAsChild(
  { createRunner, coreOptions, signal, secondSignal }: Invocation,
  { url, hostname }: Assignment,
): Promise<number> {
  const drain = new AbortController();
  const stop = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const end = () => {
    drain.abort();
    timer ??= setTimeout(() => stop.abort(), coreOptions.drainTimeoutSeconds * 1_000);
  };
  const obey = (message: unknown) => {
    const said = order.safeParse(message).data;
    if (said === "retire") drain.abort();
    if (said === "end") end();
    if (said === "stop") stopNow();
  };
  const stopNow = () => {
    drain.abort();
    stop.abort();
  };
  // From here on the parent's death ends the runner in order, not the process at once as while it was loading.
  process.removeAllListeners("disconnect").on("message", obey).on("disconnect", stopNow);
  signal.addEventListener("abort", end);
  secondSignal.addEventListener("abort", stopNow);
  process.send?.({ files: [], obeys: true } satisfies News);
  try {
    // A successor leases while this one drains, so that they cannot share a journal; nor would the coordinator outlast it.
    const core = {
      drainTimeoutSeconds: NO_LIMIT_SECONDS,
      shutdownSeconds: 2 * NO_LIMIT_SECONDS,
      journal: "memory",
    } as const;
    const runner = await createRunner({ core, plugins: { coordinator: { url, hostname } } });
    process.send?.({ files: runner.profiles.flatMap(({ readFrom = [] }) => readFrom) } satisfies News);
    await runner.lease({ drain: drain.signal, stop: stop.signal });
    await runner.close();
    return 0;
  } finally {
    clearTimeout(timer);
    process.off("message", obey).off("disconnect", stopNow);
    if (process.connected) process.disconnect();
  }
}
