import { FaultReport, LeaseholdError, messageOf } from "../../errors/leasehold-error.ts";
import type { CheckResult } from "../../plugin/command.ts";

/** One line of the report. */
export type Finding = CheckResult & {
  readonly check: string;
  /** Who contributed the check; nobody for those of the core. */
  readonly plugin?: string;
};

/** Failures of a check that threw: one for each fault where there are several. */
export function failuresOf(check: string, thrown: unknown): Finding[] {
  if (thrown instanceof FaultReport) return thrown.faults.flatMap((fault) => failuresOf(check, fault));
  const fix = thrown instanceof LeaseholdError ? thrown.fix : "Run leasehold config --verbose to see where.";
  return [{ check, ok: false, problem: messageOf(thrown), fix }];
}
