/** Longer than anything needs that closes by itself. */
const PATIENCE_MS = 2_000;

/**
 * Ends this process with an exit code as soon as nothing is open any more, and soon in any case: everything was torn down by
 * now, and what somebody forgot to close (a timer of a plugin, a socket) must not keep a runner that is gone for everybody else.
 */
export function endProcess(code: number): void {
  process.exitCode = code;
  // Coming to its end without a call, Node lets go of the signals first, and one more would change the exit code.
  process.once("beforeExit", () => process.exit());
  setTimeout(() => {
    const left = [...new Set(process.getActiveResourcesInfo())].join(", ");
    process.stderr.write(`leasehold: something was left open, by a plugin perhaps, and is dropped: ${left}\n`);
    process.exit();
  }, PATIENCE_MS).unref();
}
