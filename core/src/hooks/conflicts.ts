import { LeaseholdError } from "../errors/leasehold-error.ts";
import type { TapRecord } from "./facade.ts";

/** Two plugins that execute one kind, neither with an order: nobody could say which one runs. */
export function findExecutorConflicts(records: readonly TapRecord[]): LeaseholdError[] {
  const unordered = Map.groupBy(
    records.filter(({ kind, ordered }) => kind !== undefined && !ordered),
    ({ kind }) => kind as string,
  );
  return [...unordered]
    .filter(([, taps]) => taps.length > 1)
    .map(([kind, taps]) => {
      const plugins = taps.map(({ plugin }) => `"${plugin}"`).join(" and ");
      return new LeaseholdError("EXECUTOR_CONFLICT", { plugins, kind });
    });
}
