import type { JsonObject } from "./json/value.ts";
import type { Outcome, OutcomeStatus } from "./run/outcome.ts";
import type { KillReceipt, OwnerRef } from "./run/resource.ts";
import type { RunnerPhase } from "./status/runner-status.ts";
import type { LoopReport } from "./watch/loop-report.ts";

interface OfRun {
  readonly source: string;
  readonly run: string;
  readonly session: string;
  readonly agent: string;
}

/** What the core tells about its work. Never holds parameters, results or credentials, but for `outcome`. */
export type TelemetryEvent =
  | ({ readonly type: "lease"; readonly verdict: "started" | "joined" | "settled" } & OfRun)
  | ({ readonly type: "phase"; readonly phase: Phase } & OfRun)
  | {
      readonly type: "tap";
      readonly plugin: string;
      readonly hook: string;
      readonly run?: string;
      readonly ms: number;
      readonly fault?: string;
    }
  | ({
      readonly type: "outcome";
      readonly status: OutcomeStatus;
      readonly outcome: Outcome;
      readonly ms: number;
    } & OfRun)
  | {
      readonly type: "delivery";
      readonly source: string;
      readonly run: string;
      readonly report: string;
      readonly attempt: number;
      readonly answer: string;
    }
  | {
      readonly type: "slot";
      readonly source: string;
      readonly busy: number;
      readonly slots: number;
      readonly quarantined: number;
    }
  | {
      readonly type: "resource";
      readonly act: "owned" | "released" | "ended";
      readonly kind: string;
      readonly id: string;
      /** Whose it is, and with whom it ends. */
      readonly owner: OwnerRef["type"];
      readonly receipt?: KillReceipt;
    }
  | { readonly type: "runner"; readonly phase: RunnerPhase }
  /** The journal cannot be written any more, or again. */
  | { readonly type: "journal"; readonly writable: boolean; readonly problem?: string }
  | ({ readonly type: "loop" } & LoopReport)
  | { readonly type: "plugin"; readonly plugin: string; readonly act: "setup" | "teardown"; readonly ms: number }
  /** What a plugin tells of its own work, e.g. that an agent was woken; its documentation says what there is. */
  | { readonly type: "note"; readonly plugin: string; readonly note: string; readonly details: JsonObject };

/** The stations of a run, named for the hooks. */
export type Phase = "onLease" | "resolveEntrypoint" | "execute" | "onResult" | "settled";

/** Telemetry as a plugin has it: it may speak of its own work, and of nothing else. */
export interface PluginTelemetry extends Telemetry {
  /** Tells every listener at once; costs nothing while there is none. No credentials in the details. */
  note(note: string, details?: JsonObject): void;
}

/** Where plugins listen and the core speaks. A listener's throw is dropped with one warning. */
export interface Telemetry {
  subscribe(listener: (event: TelemetryEvent) => void): () => void;
}
