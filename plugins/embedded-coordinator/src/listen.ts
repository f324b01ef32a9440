import type { FastifyInstance } from "fastify";
import { authentication } from "./authentication.ts";
import { createClock } from "./clock.ts";
import type { Coordinator } from "./coordinator.ts";
import { Feed } from "./feed.ts";
import { checkRunners, failUnmatchedRuns, reapSessions } from "./lifecycle.ts";
import { type EmbeddedCoordinatorOptions, hazardsOf, type Options, optionsSchema } from "./options.ts";
import { ParameterChecks } from "./parameters.ts";
import { RecordBook } from "./record.ts";
import { recoverRuns } from "./recovery.ts";
import { Registry } from "./registry.ts";
import { buildServer } from "./server.ts";
import type { EmbeddedCoordinator, EmbeddedCoordinatorParts } from "./start.ts";
import { openStore } from "./store/store.ts";
import { Waiting } from "./waiting.ts";

/** Assembles a coordinator and listens; what `startEmbeddedCoordinator` promises. */
export async function listenAsCoordinator(
  options: EmbeddedCoordinatorOptions,
  parts: EmbeddedCoordinatorParts,
): Promise<EmbeddedCoordinator> {
  const coordinator = assemble(optionsSchema.parse(options), parts);
  const closing = new AbortController();
  try {
    recoverRuns(coordinator);
    const server = buildServer(coordinator, closing.signal, [authentication(coordinator.options), parts.guard]);
    const url = await listen(server, coordinator.options);
    parts.log?.(`Embedded coordinator for development, demos and tests listening on ${url}`);
    return opened(coordinator, server, closing, url);
  } catch (error) {
    coordinator.store.close();
    throw error;
  }
}

function assemble(options: Options, { now }: EmbeddedCoordinatorParts): Coordinator {
  const clock = createClock(now);
  return {
    options,
    hazards: hazardsOf(options),
    clock,
    store: openStore(options.data),
    registry: new Registry(),
    waiting: new Waiting(),
    feed: new Feed(clock.now),
    parameters: new ParameterChecks(),
    record: new RecordBook(options.recordLimit),
  };
}

async function listen(server: FastifyInstance, { host, port }: Options): Promise<string> {
  try {
    const listening = new URL(await server.listen({ host, port }));
    return `http://${host.includes(":") ? `[${host}]` : host}:${listening.port}`;
  } catch (cause) {
    await server.close();
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(
      `The embedded coordinator cannot listen on ${host}:${port}: ${reason}. Choose another port, or 0 for a free one.`,
      { cause },
    );
  }
}

function opened(
  coordinator: Coordinator,
  server: FastifyInstance,
  closing: AbortController,
  url: string,
): EmbeddedCoordinator {
  const { record, options } = coordinator;
  const checkLifecycle = () => {
    checkRunners(coordinator);
    failUnmatchedRuns(coordinator);
  };
  const reap = () => reapSessions(coordinator);
  const timers = [
    setInterval(checkLifecycle, options.lifecycleIntervalSeconds * 1000),
    setInterval(afterGrace(reap, options), options.reaperIntervalSeconds * 1000),
  ];
  const shutDown = async () => {
    for (const timer of timers) clearInterval(timer);
    closing.abort();
    coordinator.feed.close();
    await server.close();
    coordinator.store.close();
  };
  let closed: Promise<void> | undefined;
  const close = () => {
    closed ??= shutDown();
    return closed;
  };
  return {
    url,
    port: Number(new URL(url).port),
    record: record.entries,
    recorded: (wanted, signal) => record.waitFor(wanted, signal),
    polling: (runnerId) => coordinator.waiting.whenWaiting(runnerId),
    replaceRunner: (runnerId, hostname) => coordinator.registry.promisePlace(runnerId, hostname),
    checkLifecycle,
    reap,
    close,
    [Symbol.asyncDispose]: close,
  };
}

function afterGrace(reap: () => void, { reaperGracePeriodSeconds }: Options): () => void {
  const from = performance.now() + reaperGracePeriodSeconds * 1000;
  return () => {
    if (performance.now() >= from) reap();
  };
}
