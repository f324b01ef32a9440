const STOPPED = 130;

/**
 * The exit code that a run's end stands for: 130 for a stopped one, else what its program returned where that is told and
 * not in contradiction, else 0 or 1. A program that a signal ended gets 128 + its number, as shells say it.
 */
export function exitCodeOf(status: string, returnCode: unknown): number {
  if (status === "stopped") return STOPPED;
  if (typeof returnCode === "number" && Number.isInteger(returnCode)) {
    if (returnCode > 0 && returnCode <= 255) return returnCode;
    if (returnCode < 0 && returnCode >= -64) return 128 - returnCode;
  }
  return status === "completed" ? 0 : 1;
}
