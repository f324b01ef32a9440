import { NotReady, type ReadinessWish, startAndWait, waitForRunning } from "../containers/readiness.ts";
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
 * Has a version ready: starts its container, waits for it where it runs already, and makes it anew where it was removed
 * from outside. Throws `NotReady`, and what the engine throws.
 */
export async function startVersion(version: Version, wish: ReadinessWish, maker: ContainerMaker): Promise<Started> {
  const { container } = version;
  const facts = await container.inspect();
  if (facts?.running) return { version, pool: await waitForRunning(container, wish), act: "adopted" };
  try {
    if (facts) return { version, pool: await startAndWait(container, wish), act: "woken" };
  } catch (thrown) {
    // Its removal was under way, and is done by now.
    if (!hasStatus(thrown, 404, 409)) throw thrown;
  }
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
