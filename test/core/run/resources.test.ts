import { failed, type Ownership, type Run, stopped, succeeded } from "leasehold";
import { describe, expect, it } from "vitest";
import { CountingResources, thing } from "../../fixtures/counting-resources.ts";
import { executor } from "../../fixtures/kinds.ts";
import { lease } from "../../fixtures/leasing.ts";
import { QueueSource } from "../../fixtures/queue-source.ts";
import { boot, leased, plugin } from "../../fixtures/runner.ts";

describe("what a run owns", () => {
  it("is ended with the run although the executor forgot it", async () => {
    const things = new CountingResources();
    const { runner } = await boot([
      things.plugin,
      executor(async (run) => {
        await run.own(thing("forgotten"));
        const released = await run.own(thing("released"));
        await released.release();
        return succeeded();
      }),
    ]);
    const outcome = await runner.execute(leased());
    expect(things.ended).toEqual(["forgotten"]);
    expect(outcome.receipt).toEqual({ signals: ["SIGTERM"], survivors: 0, ms: 1 });
  });

  it("is refused without a handler for its kind", async () => {
    const { runner } = await boot([
      executor(async (run) => {
        await run.own(thing("x"));
        return succeeded();
      }),
    ]);
    expect((await runner.execute(leased())).error?.message).toContain('nobody handles resources of kind "thing"');
  });

  it.each<[what: string, answer: () => never]>([
    [
      "throws",
      () => {
        throw new Error("no daemon");
      },
    ],
    ["answers no receipt", () => undefined as never],
  ])("counts as a survivor when its handler %s", async (_what, answer) => {
    const things = new CountingResources();
    things.answer = answer;
    const { runner, log } = await boot([
      things.plugin,
      executor(async (run) => {
        await run.own(thing("undead"));
        return succeeded();
      }),
    ]);
    expect((await runner.execute(leased())).receipt?.survivors).toBe(1);
    expect(log).toContainEqual(
      expect.objectContaining({
        level: 50,
        kind: "thing",
        id: "undead",
        plugin: "things",
        msg: expect.stringContaining("could not be ended"),
      }),
    );
  });

  it("leaves a receipt that no tap on onResult can take away", async () => {
    const things = new CountingResources();
    things.answer = () => ({ signals: ["SIGKILL"], survivors: 1, ms: 3 });
    const source = new QueueSource();
    const { log, runner, event } = await lease(
      [source],
      [
        things.plugin,
        executor(async (run) => {
          await run.own(thing("undead"));
          return succeeded();
        }),
        plugin("brief", ({ hooks }) => hooks.onResult.tap(() => failed("nothing to see"))),
      ],
    );
    const outcome = await (await source.offer(leased())).outcome;
    expect(outcome).toMatchObject({ status: "failed", receipt: { signals: ["SIGKILL"], survivors: 1 } });
    await event("slot", ({ quarantined }) => quarantined === 1);
    expect(await event("outcome")).toMatchObject({ outcome: { receipt: { survivors: 1 } } });
    expect(await event("resource", ({ act }) => act === "ended")).toMatchObject({ receipt: { survivors: 1 } });
    expect(log).toContainEqual(expect.objectContaining({ level: 60, source: "queue", slots: 1 }));
    expect(runner.status()).toMatchObject({ leasing: false, problem: expect.stringContaining("set aside") });
    expect((await source.feed).trySlot()).toBeUndefined();
  });

  it("is ended when a tap on onResult owned it", async () => {
    const things = new CountingResources();
    const { runner } = await boot([
      things.plugin,
      executor(() => succeeded()),
      plugin("late", ({ hooks }) =>
        hooks.onResult.tap(async (_outcome, run) => void (await run.own(thing("formatter")))),
      ),
    ]);
    expect((await runner.execute(leased())).receipt?.signals).toEqual(["SIGTERM"]);
    expect(things.ended).toEqual(["formatter"]);
  });

  it("is ended again when more became known of it meanwhile", async () => {
    const things = new CountingResources();
    const seen: unknown[] = [];
    let ownership: Ownership | undefined;
    things.answer = async (resource) => {
      seen.push(resource.data);
      if (seen.length === 1) await ownership?.update({ pid: 7 });
      return { signals: [], survivors: 0, ms: 0 };
    };
    const { runner } = await boot([
      things.plugin,
      executor(async (run) => {
        ownership = await run.own(thing("starting"));
        return succeeded();
      }),
    ]);
    await runner.execute(leased());
    expect(seen).toEqual([{}, { pid: 7 }]);
    await ownership?.update({ pid: 8 });
    await runner.close();
    expect(things.ended).toHaveLength(2);
  });

  it("is refused after the run is settled", async () => {
    const things = new CountingResources();
    const kept: Run[] = [];
    const { runner } = await boot([
      things.plugin,
      executor((run) => {
        kept.push(run);
        return succeeded();
      }),
    ]);
    await runner.execute(leased());
    await expect(kept[0]?.own(thing("late"))).rejects.toThrow("resource thing late is refused");
    await expect(kept[0]?.session.own(thing("late"))).rejects.toThrow("resource thing late is refused");
  });

  it("tells telemetry of every act", async () => {
    const things = new CountingResources();
    const { runner, events } = await boot([
      things.plugin,
      executor(async (run) => {
        await run.own(thing("a"));
        return succeeded();
      }),
    ]);
    await runner.execute(leased());
    expect(events.filter(({ type }) => type === "resource")).toEqual([
      { type: "resource", act: "owned", kind: "thing", id: "a", owner: "run" },
      {
        type: "resource",
        act: "ended",
        kind: "thing",
        id: "a",
        owner: "run",
        receipt: { signals: ["SIGTERM"], survivors: 0, ms: 1 },
      },
    ]);
  });
});

describe("what a session owns", () => {
  const owner = (answer: "idle" | "finished") =>
    executor(async (run) => {
      if (run.session.mode === "start") await run.session.own(thing("worker"));
      return succeeded(undefined, { session: answer });
    });

  it("survives an idle outcome and ends with a finished one", async () => {
    const things = new CountingResources();
    const session = { id: "s", mode: "start" } as const;
    const { runner } = await boot([
      things.plugin,
      executor(async (run) => {
        if (run.session.mode === "start") await run.session.own(thing("worker"));
        return succeeded(undefined, { session: run.session.mode === "start" ? "idle" : "finished" });
      }),
    ]);
    await runner.execute(leased("one", { session }));
    expect(things.ended).toEqual([]);
    await runner.execute(leased("two", { session: { id: "s", mode: "resume" } }));
    expect(things.ended).toEqual(["worker"]);
  });

  it("ends with a stop of the idle session", async () => {
    const things = new CountingResources();
    const source = new QueueSource();
    await lease([source], [things.plugin, owner("idle")]);
    await (await source.offer(leased("one", { session: { id: "s", mode: "start" } }))).outcome;
    const feed = await source.feed;
    expect(await feed.stop({ session: "s" })).toBe("ended");
    expect(things.ended).toEqual(["worker"]);
    expect(await feed.stop({ session: "s" })).toBe("unknown");
    expect(await feed.stop({ run: "one" })).toBe("unknown");
  });

  it("ends with a stop of the session although the running turn answers idle", async () => {
    const things = new CountingResources();
    const source = new QueueSource();
    const owned = Promise.withResolvers<void>();
    const obstinate = executor(async (run) => {
      await run.session.own(thing("worker"));
      owned.resolve();
      await new Promise((resolve) => run.signal.addEventListener("abort", resolve));
      return stopped("enough", { session: "idle" });
    });
    await lease([source], [things.plugin, obstinate]);
    const { outcome } = await source.offer(leased("one", { session: { id: "s", mode: "start" } }));
    await owned.promise;
    expect(await (await source.feed).stop({ session: "s" })).toBe("stopping");
    expect(await outcome).toMatchObject({ status: "stopped", session: "finished" });
    expect(things.ended).toEqual(["worker"]);
  });

  it("ends when the runner is closed, while its handler is still up", async () => {
    const order: string[] = [];
    const things = new CountingResources();
    things.answer = () => {
      order.push("ended");
      return { signals: [], survivors: 0, ms: 0 };
    };
    const { runner } = await boot([
      things.plugin,
      plugin("down", () => () => void order.push("torn down")),
      owner("idle"),
    ]);
    await runner.execute(leased());
    await runner.close();
    expect(order).toEqual(["ended", "torn down"]);
  });
});

describe("what a plugin owns", () => {
  it("ends after its own teardown and before that of its handler", async () => {
    const order: string[] = [];
    const daemon = plugin("daemon", ({ resources }) => {
      const end = async () => {
        order.push("ended");
        return { signals: [], survivors: 0, ms: 0 };
      };
      resources.handle("thing", { end, survivors: async () => 0 });
      return () => void order.push("daemon down");
    });
    const user = plugin(
      "user",
      async ({ resources }) => {
        await resources.own(thing("pool"));
        return () => void order.push("user down");
      },
      { dependsOn: ["daemon"] },
    );
    const { runner } = await boot([user, daemon]);
    await runner.close();
    expect(order).toEqual(["user down", "ended", "daemon down"]);
  });

  it("ends when its own setup fails later", async () => {
    const things = new CountingResources();
    const faulty = plugin(
      "faulty",
      async ({ resources }) => {
        await resources.own(thing("half-way"));
        throw new Error("no luck");
      },
      { dependsOn: ["things"] },
    );
    await expect(boot([things.plugin, faulty])).rejects.toThrow("no luck");
    expect(things.ended).toEqual(["half-way"]);
  });

  it("has one handler for a kind", async () => {
    const things = new CountingResources();
    const second = plugin("second", ({ resources }) =>
      resources.handle("thing", { end: () => Promise.reject(new Error()), survivors: async () => 0 }),
    );
    await expect(boot([things.plugin, second])).rejects.toThrow(
      'resources of kind "thing" are handled by "things" and by "second"',
    );
  });
});
