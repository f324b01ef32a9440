import { expect, it } from "vitest";
import { executor } from "../fixtures/kinds.ts";
import { lease } from "../fixtures/leasing.ts";
import { QueueSource } from "../fixtures/queue-source.ts";
import { leased } from "../fixtures/runner.ts";

it("a source, an executor and a listener that all fail leave no rejection unhandled", async () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => void unhandled.push(reason);
  process.on("unhandledRejection", note);
  const source = new QueueSource();
  source.answer = ({ attempt }) => {
    if (attempt.number === 1) throw null;
    return "gone";
  };
  source.release = () => Promise.reject(new Error("no release")) as never;
  source.close = () => Promise.reject(undefined);
  const { runner, ended, drain, log } = await lease(
    [source],
    [
      executor(async (run) => {
        run.emit({ type: "x" });
        throw undefined;
      }),
    ],
  );
  runner.telemetry.subscribe(async () => Promise.reject(new Error("metrics")));
  const { outcome } = await source.offer(leased());
  expect((await outcome).error?.message).toContain("a thrown undefined");
  drain.abort();
  await ended;
  await new Promise((resolve) => setImmediate(resolve));
  process.off("unhandledRejection", note);
  expect(unhandled).toEqual([]);
  expect(log).toContainEqual(expect.objectContaining({ msg: expect.stringContaining("was not let go") }));
});
