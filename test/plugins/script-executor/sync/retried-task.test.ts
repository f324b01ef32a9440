import { describe, expect, it } from "vitest";
import { ScriptFault } from "../../../../plugins/script-executor/src/script-fault.ts";
import { RetriedTask } from "../../../../plugins/script-executor/src/sync/retried-task.ts";

/** A task that fails as long as `fails` says so, and notes what it did. */
function noting(fails: (wanted: string) => unknown, baseMs: number, signal = new AbortController().signal) {
  const done: string[] = [];
  const failures: number[] = [];
  const failed = Promise.withResolvers<void>();
  const task = new RetriedTask<string>({
    perform: async (wanted) => {
      done.push(wanted);
      const thrown = fails(wanted);
      if (thrown) throw thrown;
    },
    onFailure: (_, count) => {
      failures.push(count);
      failed.resolve();
    },
    timing: { baseMs, capMs: baseMs },
    signal,
  });
  return { task, done, failures, failed: failed.promise };
}

const NEVER_MS = 1_000_000;

describe("a retried task", () => {
  it("drops what failed for what is wanted next, without waiting", async () => {
    const { task, done, failed } = noting((wanted) => wanted === "old" && new Error("no"), NEVER_MS);
    task.want("old");
    await failed;
    await new Promise(setImmediate);
    task.want("new");
    await task.idle();
    expect([done, task.failure, task.busy]).toEqual([["old", "new"], undefined, false]);
  });

  it("counts the failures in a row", async () => {
    let left = 3;
    const { task, done, failures } = noting(() => left-- > 0 && new Error("no"), 1);
    task.want("a");
    await task.idle();
    expect([done, failures]).toEqual([
      ["a", "a", "a", "a"],
      [1, 2, 3],
    ]);
  });

  it("does not repeat what a fault says is in vain", async () => {
    const fault = new ScriptFault("SCRIPT_REFUSED", "no");
    const { task, done } = noting(() => fault, NEVER_MS);
    task.want("a");
    await task.idle();
    expect([done, task.failure]).toEqual([["a"], fault]);
  });

  it("ends with its signal, in the middle of a pause too", async () => {
    const over = new AbortController();
    const { task, done, failed } = noting(() => new Error("no"), NEVER_MS, over.signal);
    task.want("a");
    await failed;
    over.abort();
    await task.idle();
    task.want("b");
    await task.idle();
    expect(done).toEqual(["a"]);
  });
});
