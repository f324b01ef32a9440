import { LeaseholdError, messageOf } from "../errors/leasehold-error.ts";
import type { SettledAs } from "../journal/journal.ts";
import type { JsonObject } from "../json/value.ts";
import type { Logger } from "../log/logger.ts";
import { failed, type Outcome } from "../run/outcome.ts";
import type { Courier } from "./courier.ts";
import type { LeaseSource, ReportedRun, RunMoment } from "./source.ts";

/** Journals what a source reports of a moment, for its courier to deliver; answers what went wrong, which is logged. */
export async function report(
  source: LeaseSource,
  courier: Courier | undefined,
  run: ReportedRun & { readonly log: Logger },
  moment: RunMoment,
): Promise<Error | undefined> {
  if (!courier) return undefined;
  try {
    const bodies = source.reports?.(moment, run) ?? [moment as unknown as JsonObject];
    if (!Array.isArray(bodies)) throw new TypeError("it answered no array");
    await courier.owe(bodies, moment.type === "settled" ? settledAs(moment.outcome) : undefined);
    return undefined;
  } catch (thrown) {
    run.log.error({ err: thrown }, `the ${moment.type} report of the run could not be kept: ${messageOf(thrown)}`);
    return thrown instanceof Error ? thrown : new Error(messageOf(thrown));
  }
}

/**
 * Reports an outcome, and answers the one that was reported. An outcome that the source cannot put into reports becomes a
 * failure that says so, for a run without a terminal report would be waited for in vain. When even that cannot be reported
 * the lease is let go.
 */
export async function reportOutcome(
  source: LeaseSource,
  courier: Courier | undefined,
  run: ReportedRun & { readonly log: Logger },
  outcome: Outcome,
): Promise<Outcome> {
  const fault = await report(source, courier, run, { type: "settled", outcome });
  if (!fault) return outcome;
  const instead = unreported(source, outcome, fault);
  if (await report(source, courier, run, { type: "settled", outcome: instead })) courier?.letGo();
  return instead;
}

function unreported(source: LeaseSource, { status, receipt, session, timings }: Outcome, fault: Error): Outcome {
  const { code, message } = new LeaseholdError("REPORT_FAILED", {
    source: source.name,
    status,
    problem: messageOf(fault),
  });
  return failed({ code, message }, { session, ...(receipt ? { receipt } : {}), ...(timings ? { timings } : {}) });
}

function settledAs({ status, session, error, exitCode }: Outcome): SettledAs {
  return { status, session, ...(error ? { error } : {}), ...(exitCode === undefined ? {} : { exitCode }) };
}
