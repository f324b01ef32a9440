import { type Run, RunAborted, succeeded } from "leasehold";
import { describe, expect, it } from "vitest";
import { CountingResources, thing } from "../../fixtures/counting-resources.ts";
import { executor } from "../../fixtures/kinds.ts";
import { lease } from "../../fixtures/leasing.ts";
import { QueueSource } from "../../fixtures/queue-source.ts";
import { boot, leased, plugin } from "../../fixtures/runner.ts";

/** Throws its own error as soon as the run is told to end. */
const throwsOnAbort = (entered: () => void = () => undefined) =>
  executor(
    (run: Run) =>
      new Promise((_, reject) => {
        run.signal.addEventListener("abort", () => reject(new Error("killed")), { once: true });
        entered();
      }),
  );

/** Runs have little time, which counts from when their executor begins. */
const briefly = plugin("briefly", ({ hooks }) =>
  hooks.onLease.tap((run) => {
    run.limits.timeoutSeconds = 0.02;
  }),
);

describe("an aborted run", () => {
  it("settles a throwing executor as stopped by a stop", async () => {
    const entered = Promise.withResolvers<void>();
    const { runner } = await boot([throwsOnAbort(entered.resolve)]);
    const stop = new AbortController();
    const outcome = runner.execute(leased(), { signal: stop.signal });
    await entered.promise;
    stop.abort(new Error("the user pressed Ctrl-C"));
    expect(await outcome).toMatchObject({
      status: "stopped",
      error: { code: "RUN_STOPPED", message: "the user pressed Ctrl-C" },
    });
  });

  it("settles as failed with exit code 124 when its time is up", async () => {
    const { runner } = await boot([throwsOnAbort()], { timeoutSeconds: 0.02 });
    expect(await runner.execute(leased())).toMatchObject({
      status: "failed",
      exitCode: 124,
      error: { code: "RUN_TIMEOUT", message: "the run took longer than 0.02 s" },
    });
  });

  it("settles as stopped by a drain", async () => {
    const entered = Promise.withResolvers<void>();
    const source = new QueueSource();
    const { drain } = await lease([source], [throwsOnAbort(entered.resolve)], { drainTimeoutSeconds: 0 });
    const { outcome } = await source.offer(leased());
    await entered.promise;
    drain.abort();
    expect(await outcome).toMatchObject({ status: "stopped", error: { message: "the runner is shutting down" } });
  });

  it("settles as stopped by a lost lease, the first reason standing", async () => {
    const entered = Promise.withResolvers<void>();
    const reasons: unknown[] = [];
    const source = new QueueSource();
    const hold = Promise.withResolvers<void>();
    await lease(
      [source],
      [
        executor(async (run) => {
          run.signal.addEventListener("abort", () => reasons.push(run.signal.reason));
          entered.resolve();
          await hold.promise;
          throw new Error("killed");
        }),
      ],
    );
    const { outcome } = await source.offer(leased());
    await entered.promise;
    const feed = await source.feed;
    expect(await feed.stop({ run: "run-1" }, { reason: "lease-lost", message: "lost" })).toBe("stopping");
    await feed.stop({ run: "run-1" });
    hold.resolve();
    expect((await outcome).error?.message).toBe("lost");
    expect(reasons).toEqual([expect.any(RunAborted)]);
    expect(reasons[0]).toMatchObject({ reason: "lease-lost" });
  });

  it("keeps the answer of an executor that gives one", async () => {
    const { runner } = await boot([
      briefly,
      executor(
        (run) =>
          new Promise((resolve) => {
            run.signal.addEventListener("abort", () => resolve(succeeded("in time")));
          }),
      ),
    ]);
    expect((await runner.execute(leased())).status).toBe("succeeded");
  });

  it("is not handed to plugins when it was stopped before", async () => {
    const asked: string[] = [];
    const { runner } = await boot([
      plugin("gate", ({ hooks }) => hooks.onLease.tap(() => void asked.push("onLease"))),
      executor(() => succeeded()),
    ]);
    const outcome = await runner.execute(leased(), { signal: AbortSignal.abort() });
    expect([outcome.status, asked]).toEqual(["stopped", []]);
  });

  it.each([
    ["the agent's", { agent: { name: "echo", timeoutSeconds: 0.02 } }, 9, 0.02],
    ["the profile's", {}, 0.03, 0.03],
  ] as const)("ends by %s deadline before the runner's", async (_whose, more, timeoutSeconds, expected) => {
    const { runner } = await boot([
      throwsOnAbort(),
      plugin("data", ({ profiles }) =>
        profiles.add({ name: "p", directory: "/", executor: { type: "x" }, agents: [], timeoutSeconds }),
      ),
    ]);
    const { error } = await runner.execute(leased("run-1", more));
    expect(error?.message).toBe(`the run took longer than ${expected} s`);
  });

  it("waits no shorter for a deadline beyond what timers hold", async () => {
    const { runner } = await boot([executor(async (run) => succeeded(run.signal.aborted))]);
    const agent = { name: "echo", timeoutSeconds: 1e9 };
    expect((await runner.execute(leased("run-1", { agent }))).result?.text).toBe("false");
  });
});

describe("an executor that never answers", () => {
  it("is given up, named, cleaned up after, and its slot set aside", async () => {
    const resources = new CountingResources();
    const source = new QueueSource({ slots: 2 });
    const late = Promise.withResolvers<Run>();
    const hangs = executor(async (run) => {
      await run.own(thing("process"));
      late.resolve(run);
      return new Promise(() => undefined);
    });
    const { event, log } = await lease([source], [resources.plugin, hangs, briefly]);
    const { outcome } = await source.offer(leased());
    expect(await outcome).toMatchObject({
      status: "failed",
      error: {
        code: "EXECUTOR_STUCK",
        message: 'plugin "executor" gave no outcome within 5 s after the run was told to end, in execute:fixture',
      },
      receipt: { survivors: 1, signals: ["SIGTERM"] },
    });
    expect(resources.ended).toEqual(["process"]);
    expect(await event("slot", ({ quarantined }) => quarantined === 1)).toMatchObject({ busy: 0, slots: 2 });
    expect(log).toContainEqual(expect.objectContaining({ msg: expect.stringContaining("slot is set aside") }));
    const run = await late.promise;
    await expect(run.own(thing("afterthought"))).rejects.toMatchObject({ code: "RESOURCE_REFUSED" });
    await expect(run.tempDirectory()).rejects.toMatchObject({ code: "RESOURCE_REFUSED" });
  });

  it("is given up in onLease too, also when stopped before it began", async () => {
    const source = new QueueSource();
    const entered = Promise.withResolvers<void>();
    const hangs = plugin("gate", ({ hooks }) =>
      hooks.onLease.tap(() => {
        entered.resolve();
        return new Promise(() => undefined);
      }),
    );
    await lease([source], [hangs, executor(() => succeeded())]);
    const { outcome } = await source.offer(leased());
    await entered.promise;
    await (await source.feed).stop({ all: true });
    expect(await outcome).toMatchObject({
      status: "stopped",
      error: { code: "EXECUTOR_STUCK", message: expect.stringContaining('plugin "gate"') },
    });
  });
});
