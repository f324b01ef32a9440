import { setImmediate as turn } from "node:timers/promises";

const PATIENCE_NS = 3_000_000_000n;
/** Work that ends by itself, and not what anybody holds open. */
const PASSING = ["Immediate", "TickObject", "FSReqCallback", "FSReqPromise", "GetAddrInfoReqWrap", "CloseReq"];

/** How many of each kind keep this process alive. */
export type Handles = ReadonlyMap<string, number>;

/** What keeps this process alive now. */
export function openHandles(): Handles {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo())
    if (!PASSING.includes(kind)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}

/**
 * Resolves when nothing more is open than `before`. Rejects after 3 s with an error that names the kinds that are left.
 * One timer more is taken for the one by which the test itself is watched.
 */
export async function handlesGone(before: Handles): Promise<void> {
  const end = process.hrtime.bigint() + PATIENCE_NS;
  for (;;) {
    const left = leftOver(before);
    if (left.length === 0) return;
    if (process.hrtime.bigint() > end)
      throw new Error(`left open: ${left.join(", ")}. Close it in the plugin's teardown, or unref it`);
    await turn();
  }
}

function leftOver(before: Handles): string[] {
  return [...openHandles()].flatMap(([kind, count]) => {
    const allowed = Math.max(before.get(kind) ?? 0, kind === "Timeout" ? 1 : 0);
    return count > allowed ? [`${count - allowed} ${kind}`] : [];
  });
}
