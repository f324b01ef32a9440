import { setTimeout as sleep } from "node:timers/promises";
import type { AgentPool } from "../invoke/agent-pool.ts";
import type { AgentContainer, ContainerFacts, Endpoint } from "./agent-container.ts";
import { LastLines } from "./last-lines.ts";
import { leavesOut } from "./leaves-out.ts";
import { logLines } from "./log-lines.ts";

/** By which the wrapper says that it listens, maybe behind unfinished output; the program of an http agent says nothing. */
const ANNOUNCEMENT = /\[oken\] ready\b/;

const FIRST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 500;
const HEALTH_TIMEOUT_MS = 5_000;
const KEPT_LINES = 20;
const KEPT_CHARACTERS = 4_000;

/** How to tell that an agent is ready. */
export interface ReadinessWish {
  /** Whether the agent announces itself; otherwise it is asked for its health (spec §3.8). */
  readonly announces: boolean;
  readonly timeoutSeconds: number;
  readonly signal: AbortSignal;
  /** Takes secrets out of what the agent wrote. */
  mask(text: string): string;
  /** Connections to a started agent; whoever gets them closes them. */
  connect(endpoint: Endpoint): AgentPool;
}

/** The agent did not become ready. */
export class NotReady extends Error {
  override readonly name = "NotReady";
}

/** The container runs, and can be reached by nobody: somebody took it off its network. */
export class Unreachable extends NotReady {}

/**
 * Starts a container and waits until its agent is ready: no longer than the time, and not at all once it has ended.
 * Throws `NotReady` with the reason and the last lines of the log, and what the engine throws.
 */
export async function startAndWait(container: AgentContainer, wish: ReadinessWish): Promise<AgentPool> {
  const lines = new LastLines(KEPT_LINES);
  return await within(wish, lines, async (signal) => {
    const output = await container.output(signal);
    await container.start();
    const announced = Promise.withResolvers<void>();
    const ended = listen(logLines(output, leavesOut), (line) => lines.add(wish.mask(line)), announced.resolve);
    const pool = wish.connect(endpointOf(await container.inspect(), container.name));
    // An agent may print the announcement itself: it tells when to ask, not that the agent is ready.
    const ready = wish.announces ? announced.promise.then(() => healthy(pool, signal)) : healthy(pool, signal);
    return await firstOf(ready, ended, pool, container);
  });
}

/** Waits for an agent whose container was started by someone else, by asking for its health. */
export async function waitForRunning(container: AgentContainer, wish: ReadinessWish): Promise<AgentPool> {
  return await within(wish, new LastLines(0), async (signal) => {
    const pool = wish.connect(endpointOf(await container.inspect(), container.name));
    return await firstOf(healthy(pool, signal), container.ended(signal), pool, container);
  });
}

/** Runs the work with a signal that ends with it, and within the time. */
async function within(wish: ReadinessWish, lines: LastLines, work: (signal: AbortSignal) => Promise<AgentPool>) {
  const over = new AbortController();
  const late = new NotReady(`it did not become ready within ${wish.timeoutSeconds} s`);
  const timer = setTimeout(() => over.abort(late), wish.timeoutSeconds * 1_000);
  const abort = () => over.abort(wish.signal.reason);
  wish.signal.addEventListener("abort", abort, { once: true });
  try {
    wish.signal.throwIfAborted();
    return await raceAbort(work(over.signal), over.signal);
  } catch (thrown) {
    if (thrown instanceof NotReady && !(thrown instanceof Unreachable))
      throw new NotReady(withLog(thrown.message, lines.text), { cause: thrown });
    throw thrown;
  } finally {
    clearTimeout(timer);
    wish.signal.removeEventListener("abort", abort);
    over.abort();
  }
}

async function firstOf(ready: Promise<void>, ended: Promise<void>, pool: AgentPool, container: AgentContainer) {
  const over = async () => {
    await ended;
    throw new NotReady(`it is not ready and never will be: ${howItEnded(await container.inspect())}`);
  };
  try {
    await Promise.race([ready, over()]);
    return pool;
  } catch (thrown) {
    await pool.destroy().catch(() => undefined);
    throw thrown;
  }
}

/** Reads what the container writes, until the signal of its stream is aborted. */
async function listen(
  output: AsyncIterable<Buffer>,
  keep: (line: string) => void,
  announce: () => void,
): Promise<void> {
  try {
    for await (const line of output) {
      const text = line.toString("utf8");
      if (ANNOUNCEMENT.test(text)) announce();
      keep(text);
    }
  } catch {
    // The stream was cut: because the wait is over, or the engine is lost, which the caller's next request tells.
  }
}

async function healthy(pool: AgentPool, signal: AbortSignal): Promise<void> {
  for (let pause = FIRST_PAUSE_MS; !(await isHealthy(pool, signal)); pause = Math.min(pause * 1.5, LONGEST_PAUSE_MS))
    await sleep(pause, undefined, { signal });
}

/** One question; a redirect is no answer (spec §3.6). */
async function isHealthy(pool: AgentPool, signal: AbortSignal): Promise<boolean> {
  try {
    const limits = { headersTimeout: HEALTH_TIMEOUT_MS, bodyTimeout: HEALTH_TIMEOUT_MS, signal };
    const { statusCode, body } = await pool.request({ method: "GET", path: "/health", ...limits });
    await body.dump();
    return statusCode === 200;
  } catch {
    return false;
  }
}

function endpointOf(facts: ContainerFacts | undefined, name: string): Endpoint {
  if (facts?.endpoint) return facts.endpoint;
  const Fault = facts?.running ? Unreachable : NotReady;
  throw new Fault(`container ${name} has no address, so it cannot become ready: ${howItEnded(facts)}`);
}

/** In words, e.g. `exit code 137, killed for lack of memory`. */
export function howItEnded(facts: ContainerFacts | undefined): string {
  if (!facts) return "its container is gone";
  if (facts.running) return "its container runs";
  return facts.oomKilled
    ? `exit code ${facts.exitCode}, killed for lack of memory`
    : `its container ended with exit code ${facts.exitCode}`;
}

function withLog(message: string, log: string): string {
  return log === "" ? message : `${message}. Its last words:\n${log.slice(-KEPT_CHARACTERS)}`;
}

async function raceAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", abort);
    work.catch(() => undefined);
  }
}
