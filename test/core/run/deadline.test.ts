import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { RunAborted } from "../../../core/src/run/aborted.ts";
import { RunDeadline } from "../../../core/src/run/deadline.ts";
import { RunState } from "../../../core/src/run/run-state.ts";
import { createRunnerParts } from "../../../core/src/runner-parts.ts";
import { leased, specOf } from "../../fixtures/runner.ts";

/** A run with a minute to live and two seconds of grace. */
function newRun(): RunState {
  const { intake } = createRunnerParts(specOf([]));
  const limits = { timeoutSeconds: 60, graceSeconds: 2, outputBytes: 1 };
  const { ledger, services, log, secrets, projectDir } = intake;
  const emit = () => undefined;
  const around = { projectDir, limits, log, secrets, ledger, services, emit };
  return new RunState(leased(), { source: "s", attached: false, profile: undefined, ...around });
}

describe("RunDeadline", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("aborts when the time is up, counted anew from a restart", async () => {
    const run = newRun();
    const deadline = new RunDeadline(run, vi.fn());
    vi.advanceTimersByTime(59_000);
    deadline.restart();
    vi.advanceTimersByTime(59_999);
    expect(run.signal.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    expect(run.signal.reason).toMatchObject({ reason: "timeout", message: "the run took longer than 60 s" });
  });

  it("counts what the limit is at the restart", async () => {
    const run = newRun();
    const deadline = new RunDeadline(run, vi.fn());
    run.limits.timeoutSeconds = 10;
    deadline.restart();
    vi.advanceTimersByTime(10_000);
    expect(run.signal.reason).toMatchObject({ message: "the run took longer than 10 s" });
  });

  it.each(["before", "after"])("waits grace and 5 s for a run that was aborted %s it began", (when) => {
    const run = newRun();
    if (when === "before") run.abort(new RunAborted("stop", "x"));
    const onStuck = vi.fn();
    new RunDeadline(run, onStuck);
    run.abort(new RunAborted("stop", "x"));
    vi.advanceTimersByTime(6_999);
    expect(onStuck).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(onStuck).toHaveBeenCalledOnce();
  });

  it("leaves no timer when it has ended, though the run is aborted later", () => {
    const run = newRun();
    new RunDeadline(run, vi.fn()).end();
    run.abort(new RunAborted("stop", "x"));
    expect(vi.getTimerCount()).toBe(0);
  });
});
