import { describeFault, FaultReport, LeaseholdError, messageOf } from "../errors/leasehold-error.ts";
import { CommandError } from "../plugin/command.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import type { Terminal } from "./terminal.ts";

/** A fault of the command line itself. */
export class UsageFault extends FaultReport {
  readonly exitCode = EXIT_CODES.USAGE.code;
}

/** Tells on standard error why a command failed, and answers its exit code. Stacks are shown to `verbose` readers only. */
export function reportFailure(thrown: unknown, { stderr }: Terminal, verbose: boolean): number {
  stderr.write(`leasehold: ${describeFailure(thrown)}\n`);
  if (verbose) for (const stack of stacksOf(thrown)) stderr.write(`${stack}\n`);
  return thrown instanceof UsageFault || thrown instanceof CommandError ? thrown.exitCode : EXIT_CODES.FAULT.code;
}

function describeFailure(thrown: unknown): string {
  if (thrown instanceof FaultReport) return thrown.message;
  if (thrown instanceof CommandError) return `${thrown.message}\n    ${thrown.fix}`;
  if (thrown instanceof LeaseholdError) return describeFault(thrown).trimStart().replace(/^- /, "");
  return `internal error: ${messageOf(thrown)}\n    Run it again with --verbose to see where.`;
}

/** The stacks of whatever no catalogue entry explains. */
function stacksOf(thrown: unknown): string[] {
  if (thrown instanceof FaultReport) return thrown.faults.flatMap((fault) => stacksOf(fault.cause));
  if (thrown instanceof LeaseholdError || thrown instanceof CommandError) return stacksOf(thrown.cause);
  return thrown instanceof Error && thrown.stack ? [thrown.stack] : [];
}
