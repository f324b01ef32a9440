import { NotReady, type ReadinessWish, startAndWait, Unreachable, waitForRunning } from "../containers/readiness.ts";
import { hasStatus } from "../engine/engine-error.ts";
import type { AgentPool } from "../invoke/agent-pool.ts";
import type { ContainerMaker } from "./container-maker.ts";
import type { Version } from "./version.ts";

/** A version that is ready: the same, or one with a container made anew. */
export interface Started {
  readonly version: Version;
  readonly pool: AgentPool;
  /** `adopted`: its container ran already. */
  readonly act: "adopted" | "woken";
}

/**
 * Has a version ready: starts its container, waits for it where it runs already, and makes it anew where somebody removed
 * it, or took it off its network. Throws `NotReady`, and what the engine throws.
 */
export async function startVersion(version: Version, wish: ReadinessWish, maker: ContainerMaker): Promise<Started> {
  return (await startAsItIs(version, wish)) ?? (await startAnew(version, wish, maker));
}

/** Nothing when its container is of no use any more. */
async function startAsItIs(version: Version, wish: ReadinessWish): Promise<Started | undefined> {
  const { container } = version;
  const facts = await container.inspect();
  try {
    if (facts?.running) return { version, pool: await waitForRunning(container, wish), act: "adopted" };
    return facts && { version, pool: await startAndWait(container, wish), act: "woken" };
  } catch (thrown) {
    // 404 and 409: its removal was under way and is done by now, or its network is gone.
    if (thrown instanceof Unreachable || hasStatus(thrown, 404, 409)) return undefined;
    throw thrown;
  }
}

async function startAnew(version: Version, wish: ReadinessWish, maker: ContainerMaker): Promise<Started> {
  const made = await makeAnew(version, maker);
  try {
    const pool = await startAndWait(made.container, wish);
    await maker.settle(made);
    await maker.remove(version);
    return { version: made, pool, act: "woken" };
  } catch (thrown) {
    await maker.remove(made).catch(() => undefined);
    throw thrown;
  }
}

async function makeAnew({ plan }: Version, maker: ContainerMaker): Promise<Version> {
  if (plan.secretNames.length === 0 || plan.environment) return await maker.make(plan);
  throw new NotReady(
    "its container was removed from outside, and its secrets with it; deploy it again to make it ready",
  );
}
