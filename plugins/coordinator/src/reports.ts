import type { JsonObject, Outcome, ReportedRun, RunMoment } from "leasehold";
import { z } from "leasehold";
import { eventBody, resultBody } from "./report-events.ts";

/** What is owed to the coordinator, one request each. `body` is the request's JSON text. */
export const report = z.discriminatedUnion("type", [
  z.object({ type: z.literal("started") }),
  z.object({ type: z.literal("bind") }),
  z.object({ type: z.literal("event"), body: z.string() }),
  z.object({ type: z.literal("result"), body: z.string() }),
  z.object({ type: z.literal("completed"), session_status: z.enum(["finished", "idle"]) }),
  z.object({ type: z.literal("failed"), error: z.string() }),
  z.object({ type: z.literal("stopped"), signal: z.string() }),
]);

export type Report = z.output<typeof report>;

/** The reports of one moment of a run, in the order the coordinator needs them (protocol §7 notes, §4.1). */
export function reportsOf(moment: RunMoment, run: Omit<ReportedRun, "id">): readonly (JsonObject & Report)[] {
  if (moment.type === "started") return [{ type: "started" }, { type: "bind" }];
  if (moment.type === "event") return [{ type: "event", body: eventBody(run.session.id, moment.event) }];
  return settledReports(moment.outcome, run);
}

/** Failing runs tell their result too; stopped and refused ones only that they are (protocol §4.7). */
function settledReports(outcome: Outcome, run: Omit<ReportedRun, "id">): (JsonObject & Report)[] {
  const { status, result, error, receipt } = outcome;
  if (status === "stopped") return [{ type: "stopped", signal: receipt?.signals.at(-1) ?? "SIGTERM" }];
  const told =
    result && status !== "refused" ? [{ type: "result" as const, body: resultBody(run.session.id, result) }] : [];
  if (status === "succeeded") return [...told, { type: "completed", session_status: outcome.session }];
  return [...told, { type: "failed", error: errorText(error, run.projectDir) }];
}

/** The outcome's own words, but for a missing project directory, where clients know the reference's (protocol §4.4). */
function errorText(error: Outcome["error"], projectDir = ""): string {
  if (error?.code === "PROJECT_DIR_MISSING") return `[Errno 2] No such file or directory: '${projectDir}'`;
  return error?.message ?? "the run failed without saying why";
}
