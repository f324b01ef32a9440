import { handlesGone, openHandles } from "../runner/handles.ts";

/**
 * Does something with a runner and its far side, and verifies that nothing of either is left open. Of the runner alone this
 * cannot be said: the far side's ends of its connections, in this same process, may outlast it by a moment.
 */
export async function leavingNoHandle(work: () => Promise<void>): Promise<void> {
  const before = openHandles();
  await work();
  await handlesGone(before);
}
