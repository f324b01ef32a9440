import { claimRun } from "./claim.ts";
import type { Coordinator } from "./coordinator.ts";
import type { Runner } from "./registry.ts";

const PASS_MILLISECONDS = 500;

/** What a poll brings home: the body of the answer, and the same in short for the record. */
export type Delivery = { body: Record<string, unknown>; delivered: Record<string, unknown> };

/** Why a poll brought nothing: its time was up, its client had gone, or its runner had. */
export type NoDelivery = "timeout" | "client gone" | "runner gone";

/**
 * Waits for work for a runner, at most the poll timeout (protocol §2.3). New work wakes it at once; when `gone`
 * aborts it ends and takes nothing with it.
 */
export async function poll(
  coordinator: Coordinator,
  runner: Runner,
  gone: AbortSignal,
): Promise<Delivery | NoDelivery> {
  const { options, registry, waiting } = coordinator;
  const deadline = performance.now() + options.pollTimeoutSeconds * 1000;
  while (!gone.aborted) {
    if (registry.find(runner.runner_id) !== runner) return "runner gone";
    const delivery = nextDelivery(coordinator, runner);
    if (delivery) return delivery;
    const left = deadline - performance.now();
    if (left <= 0) return "timeout";
    await waiting.wait(runner.runner_id, left, gone);
  }
  return "client gone";
}

/**
 * The reference's poll: it looks in passes, between which only a stop wakes it, and knows nothing of its client, so an abandoned one goes on for the
 * whole timeout and swallows what it finds, also for a runner that has deregistered (§7.2 H1).
 */
export async function ghostPoll(
  coordinator: Coordinator,
  runner: Runner,
  closing: AbortSignal,
): Promise<Delivery | NoDelivery> {
  const { options, registry, waiting } = coordinator;
  const deadline = performance.now() + options.pollTimeoutSeconds * 1000;
  while (!closing.aborted) {
    const delivery = nextDelivery(coordinator, registry.find(runner.runner_id) ?? runner);
    if (delivery) return delivery;
    if (performance.now() >= deadline) return "timeout";
    await waiting.wait(runner.runner_id, PASS_MILLISECONDS, closing, true);
  }
  return "client gone";
}

/** The first that applies of stops, script changes, deregistration and a run; taken off its queue. */
function nextDelivery(coordinator: Coordinator, runner: Runner): Delivery | undefined {
  if (runner.stops.size > 0) return both({ stop_sessions: drain(runner.stops) });
  if (runner.scripts && runner.scripts.sync.size + runner.scripts.remove.size > 0) {
    return both({ sync_scripts: drain(runner.scripts.sync), remove_scripts: drain(runner.scripts.remove) });
  }
  if (runner.deregistering) {
    coordinator.registry.remove(runner.runner_id);
    return both({ deregistered: true });
  }
  const run = claimRun(coordinator, runner);
  return run && { body: { run }, delivered: { run: run["run_id"] } };
}

function both(body: Record<string, unknown>): Delivery {
  return { body, delivered: body };
}

function drain(names: Set<string>): string[] {
  const drained = [...names];
  names.clear();
  return drained;
}
