import { AsyncParallelHook, AsyncSeriesBailHook, AsyncSeriesWaterfallHook, HookMap } from "tapable";
import type { AnyEntrypoint } from "../run/entrypoint.ts";
import type { Outcome } from "../run/outcome.ts";
import type { Run } from "../run/run.ts";
import type { Refusal } from "./answers.ts";
import type { Beat } from "./taps.ts";

/** Who refused, with what. */
export interface Refused {
  readonly plugin: string;
  readonly refusal: Refusal;
}

/** Every hook of a runner. Only the core calls them; plugins see the facade (`Hooks`). */
export function createHookTable() {
  return Object.freeze({
    onLease: new AsyncSeriesBailHook<[run: Run], Refused>(["run"], "onLease"),
    resolveEntrypoint: new AsyncSeriesBailHook<[run: Run], AnyEntrypoint>(["run"], "resolveEntrypoint"),
    execute: new HookMap(
      (kind: string) =>
        new AsyncSeriesBailHook<[run: Run, entrypoint: AnyEntrypoint], Outcome>(
          ["run", "entrypoint"],
          `execute:${kind}`,
        ),
      "execute",
    ),
    onResult: new AsyncSeriesWaterfallHook<[outcome: Outcome, run: Run]>(["outcome", "run"], "onResult"),
    onHeartbeat: new AsyncParallelHook<[beat: Beat]>(["beat"], "onHeartbeat"),
  });
}

export type HookTable = ReturnType<typeof createHookTable>;

export const hookNames = ["onLease", "resolveEntrypoint", "execute", "onResult", "onHeartbeat"] as const;
