import { howItEnded, NotReady } from "../containers/readiness.ts";
import type { Version } from "./version.ts";

/**
 * Throws `NotReady` when a version that was ready has ended before it could serve. Docker gives the address of an ended
 * container to the next one: calls to it would reach somebody else.
 */
export async function stillRuns({ container }: Version): Promise<void> {
  const facts = await container.inspect();
  if (!facts?.running) throw new NotReady(`it was ready, and has ended before it could serve: ${howItEnded(facts)}`);
}
