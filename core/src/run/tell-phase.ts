import type { Phase } from "../telemetry.ts";
import type { TelemetryHub } from "../telemetry-hub.ts";
import type { RunState } from "./run-state.ts";

/** Tells whoever listens that a run has come to a station. */
export function tellPhase(telemetry: TelemetryHub, run: RunState, phase: Phase): void {
  if (!telemetry.listening) return;
  telemetry.tell({
    type: "phase",
    phase,
    source: run.source,
    run: run.id,
    session: run.session.id,
    agent: run.agent.name,
  });
}
