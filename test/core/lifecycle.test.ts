import { getEventListeners } from "node:events";
import { type LeaseSource, type Slot, stopped, succeeded } from "leasehold";
import { describe, expect, it } from "vitest";
import { Lifecycle } from "../../core/src/lifecycle.ts";
import { createRunnerParts } from "../../core/src/runner-parts.ts";
import { ShutdownBudget } from "../../core/src/shutdown-budget.ts";
import { Intake } from "../../core/src/sources/intake.ts";
import { executor } from "../fixtures/kinds.ts";
import { lease } from "../fixtures/leasing.ts";
import { QueueSource } from "../fixtures/queue-source.ts";
import { type LogLine, leased, plugin, specOf } from "../fixtures/runner.ts";

/** An executor that works until it is let go or told to end. */
function worker() {
  const [entered, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const plugin = executor(
    (run) =>
      new Promise((resolve) => {
        entered.resolve();
        go.promise.then(() => resolve(succeeded()));
        run.signal.addEventListener("abort", () => resolve(stopped("ended")));
      }),
  );
  return { plugin, entered: entered.promise, go: go.resolve };
}

describe("a drain", () => {
  it("lets running work end, delivers it, and says good-bye last", async () => {
    const source = new QueueSource();
    const order: string[] = [];
    source.answer = ({ report }) => {
      order.push(String(report["type"]));
      return "accepted";
    };
    source.close = async () => void order.push("close");
    const work = worker();
    const { drain, ended } = await lease([source], [work.plugin], { drainTimeoutSeconds: 60 });
    const { outcome } = await source.offer(leased());
    await work.entered;
    drain.abort();
    work.go();
    expect((await outcome).status).toBe("succeeded");
    await ended;
    expect(order).toEqual(["started", "settled", "close"]);
  });

  it("lets a source end what is under way there, as long as it may take", async () => {
    const source = new QueueSource();
    const [asked, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const order: string[] = [];
    const idle = async () => {
      asked.resolve();
      await go.promise;
      order.push("idle");
    };
    const close = async () => void order.push("close");
    const { drain, ended } = await lease([Object.assign(source, { idle, close })], [], { drainTimeoutSeconds: 60 });
    drain.abort();
    await asked.promise;
    await new Promise((resolve) => setImmediate(resolve));
    go.resolve();
    await ended;
    expect(order).toEqual(["idle", "close"]);
    const hanging = Object.assign(new QueueSource(), { idle: () => new Promise<void>(() => undefined) });
    const short = await lease([hanging], [], { drainTimeoutSeconds: 0.02 });
    short.drain.abort();
    await short.ended;
    const failing = Object.assign(new QueueSource(), { idle: () => Promise.reject(new Error("no idea")) });
    const spoilt = await lease([failing], [], { drainTimeoutSeconds: 60 });
    spoilt.drain.abort();
    await spoilt.ended;
  });

  it("stops work that takes longer than the drain may", async () => {
    const source = new QueueSource();
    const work = worker();
    const { drain, ended } = await lease([source], [work.plugin], { drainTimeoutSeconds: 0.02 });
    const { outcome } = await source.offer(leased());
    await work.entered;
    drain.abort();
    expect((await outcome).status).toBe("stopped");
    await ended;
    expect(source.reported("run-1").at(-1)).toBe("settled");
  });

  it("is cut short by a stop", async () => {
    const source = new QueueSource();
    const work = worker();
    const { drain, stop, ended } = await lease([source], [work.plugin], { drainTimeoutSeconds: 3_600 });
    const { outcome } = await source.offer(leased());
    await work.entered;
    drain.abort();
    stop.abort();
    expect((await outcome).status).toBe("stopped");
    await ended;
  });

  it("needs no drain before a stop", async () => {
    const source = new QueueSource();
    const work = worker();
    const { stop, ended } = await lease([source], [work.plugin], { drainTimeoutSeconds: 3_600 });
    await source.offer(leased());
    await work.entered;
    stop.abort();
    await ended;
  });

  it("refuses what is offered after it began, and reports it", async () => {
    const source = new QueueSource({ slots: 2 });
    const work = worker();
    const { drain, ended } = await lease([source], [work.plugin], { drainTimeoutSeconds: 60 });
    await source.offer(leased("busy"));
    await work.entered;
    const feed = await source.feed;
    const slot = feed.trySlot() as Slot;
    drain.abort();
    await new Promise((resolve) => setImmediate(resolve));
    const { outcome } = feed.offer({ ref: { lease: "late" }, run: leased("late") }, slot);
    expect(await outcome).toMatchObject({ status: "refused", error: { code: "RUNNER_CLOSING" } });
    expect(feed.trySlot()).toBeUndefined();
    await expect(feed.slot()).rejects.toMatchObject({ code: "RUNNER_CLOSING" });
    work.go();
    await ended;
    expect(source.reported("late")).toEqual(["settled"]);
  });

  it("goes on without a run that does not end, and leaves it to the next start", async () => {
    const source = new QueueSource();
    const entered = Promise.withResolvers<void>();
    const stuck = executor(() => {
      entered.resolve();
      return new Promise(() => undefined);
    });
    const { drain, ended, log, runner } = await lease([source], [stuck], {
      drainTimeoutSeconds: 0,
      shutdownSeconds: 2,
    });
    await source.offer(leased());
    await entered.promise;
    drain.abort();
    await ended;
    await runner.close();
    expect(source.closed).toBe(1);
    expect(log).toContainEqual(
      expect.objectContaining({ level: 50, runs: ["run-1"], msg: expect.stringContaining("did not end in time") }),
    );
  });
});

describe("sources", () => {
  it("that have no more to come end the leasing once their work is done", async () => {
    const [one, two] = [new QueueSource({ name: "one" }), new QueueSource({ name: "two" })];
    const work = worker();
    const { ended } = await lease([one, two], [work.plugin], { drainTimeoutSeconds: 0 });
    const { outcome } = await one.offer(leased());
    await work.entered;
    one.end();
    two.end();
    await Promise.all([one, two].map((source) => source.feed));
    await new Promise((resolve) => setImmediate(resolve));
    work.go();
    expect((await outcome).status).toBe("succeeded");
    await ended;
    expect([one.closed, two.closed]).toEqual([1, 1]);
  });

  it("that fail end the leasing in order, and the fault is thrown", async () => {
    const [bad, good] = [new QueueSource({ name: "bad" }), new QueueSource({ name: "good" })];
    const work = worker();
    const { ended } = await lease([bad, good], [work.plugin], { drainTimeoutSeconds: 60 });
    const { outcome } = await good.offer(leased());
    await work.entered;
    const cause = new Error("401 from the coordinator");
    bad.fail(cause);
    work.go();
    await expect(ended).rejects.toMatchObject({
      code: "SOURCE_FAILED",
      message: 'lease source "bad" failed: 401 from the coordinator',
      cause,
    });
    expect((await outcome).status).toBe("succeeded");
    expect([bad.closed, good.closed]).toEqual([1, 1]);
    expect(good.reported("run-1")).toEqual(["started", "settled"]);
  });

  it("that throw at once or reject while draining are told apart", async () => {
    const throwing: LeaseSource = {
      name: "throwing",
      delivery: "attached",
      slots: 1,
      start: () => {
        throw new Error("no port");
      },
    };
    await expect((await lease([throwing], [])).ended).rejects.toThrow('lease source "throwing" failed: no port');
    const aborting: LeaseSource = {
      name: "aborting",
      delivery: "attached",
      slots: 1,
      start: (_feed, signal) =>
        new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    };
    const { drain, ended } = await lease([aborting], []);
    drain.abort();
    await ended;
  });

  it("that cannot say good-bye are logged, and the others still do", async () => {
    const [rude, polite] = [new QueueSource({ name: "rude" }), new QueueSource({ name: "polite" })];
    rude.close = () => Promise.reject(new Error("hung up"));
    const { drain, ended, log } = await lease([rude, polite], []);
    drain.abort();
    await ended;
    expect(polite.closed).toBe(1);
    expect(log).toContainEqual(
      expect.objectContaining({ level: 40, source: "rude", msg: "rude could not say good-bye: hung up" }),
    );
  });
});

describe("Lifecycle", () => {
  /** The life of one source in a runner without plugins, impatient. */
  function lifeOf(source: LeaseSource) {
    const log: LogLine[] = [];
    const spec = specOf([], log);
    const intake = new Intake(source, createRunnerParts(spec).intake);
    const impatient = new ShutdownBudget({ drainTimeoutSeconds: 0.01, graceSeconds: 0, shutdownSeconds: 0.01 });
    return { log, intake, life: new Lifecycle([intake], impatient, spec.log) };
  }

  it("gives up a delivery that never ends and says what is owed", async () => {
    const source = new QueueSource();
    const asked = Promise.withResolvers<AbortSignal>();
    source.answer = ({ attempt }) => {
      asked.resolve(attempt.signal);
      return new Promise(() => undefined);
    };
    const { life, log } = lifeOf(source);
    const drain = new AbortController();
    const ended = life.run({ drain: drain.signal, stop: drain.signal });
    await (await source.offer(leased())).outcome;
    drain.abort();
    await ended;
    expect((await asked.promise).aborted).toBe(true);
    expect(log).toContainEqual(
      expect.objectContaining({ owed: 1, msg: "the reports of 1 runs could not be delivered" }),
    );
  });

  it("leaves no listener on its signals", async () => {
    const source = new QueueSource();
    const { life } = lifeOf(source);
    const [drain, stop] = [new AbortController(), new AbortController()];
    const ended = life.run({ drain: drain.signal, stop: stop.signal });
    expect(getEventListeners(stop.signal, "abort")).toHaveLength(1);
    source.end();
    await ended;
    expect([drain, stop].flatMap(({ signal }) => getEventListeners(signal, "abort"))).toEqual([]);
  });

  it("goes on without a source that does not end its leasing or its good-bye", async () => {
    const farewell = Promise.withResolvers<AbortSignal>();
    const source: LeaseSource = {
      name: "deaf",
      delivery: "attached",
      slots: 1,
      start: () => new Promise(() => undefined),
      close: (signal) => {
        farewell.resolve(signal);
        return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
      },
    };
    const { life, log } = lifeOf(source);
    await life.run({ drain: AbortSignal.abort(), stop: AbortSignal.abort() });
    expect((await farewell.promise).aborted).toBe(true);
    expect(log).toContainEqual(
      expect.objectContaining({ source: "deaf", msg: expect.stringContaining("did not end its leasing") }),
    );
  });
});

describe("leasing", () => {
  it("ends when the runner is closed", async () => {
    const source = new QueueSource();
    const work = worker();
    const { runner, ended } = await lease([source], [work.plugin]);
    const { outcome } = await source.offer(leased());
    await work.entered;
    await runner.close();
    expect((await outcome).status).toBe("stopped");
    await ended;
    expect(source.closed).toBe(1);
    const signals = { drain: new AbortController().signal, stop: new AbortController().signal };
    await expect(runner.lease(signals)).rejects.toMatchObject({ code: "RUNNER_CLOSING" });
    await expect(runner.execute(leased())).rejects.toMatchObject({ code: "RUNNER_CLOSING" });
  });

  it("is over at once without a source", async () => {
    const { ended } = await lease([], [plugin("noop")]);
    await ended;
  });
});
