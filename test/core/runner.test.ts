import { bootRunner, type LeaseSource, type Plugin, type PluginContext, succeeded, token } from "leasehold";
import { describe, expect, it } from "vitest";
import { FaultReport } from "../../core/src/errors/leasehold-error.ts";
import { executor } from "../fixtures/kinds.ts";
import { boot, leased, plugin, specOf } from "../fixtures/runner.ts";

/** The codes and sentences of the report with which booting rejects. */
async function faultsOf(plugins: readonly Plugin[], options = {}): Promise<string[]> {
  const thrown = await boot(plugins, options).then(
    () => new Error("it booted"),
    (error: unknown) => error,
  );
  if (!(thrown instanceof FaultReport)) throw thrown;
  return thrown.faults.map(({ code, message }) => `${code}: ${message}`);
}

describe("the first report", () => {
  it("names every fault of the list, before any setup", async () => {
    const setups: string[] = [];
    const note = (name: string) => () => void setups.push(name);
    const faults = await faultsOf([
      plugin("twin", note("twin")),
      plugin("twin", note("twin")),
      plugin("lost", note("lost"), { dependsOn: ["twim"] }),
      plugin("alone", note("alone"), { dependsOn: ["something-else"] }),
      plugin("hen", note("hen"), { dependsOn: ["egg"] }),
      plugin("egg", note("egg"), { dependsOn: ["hen"] }),
      plugin("future", note("future"), { apiVersion: 2 }),
    ]);
    expect(faults).toEqual([
      'PLUGIN_DUPLICATE: two plugins are named "twin"',
      'PLUGIN_API_NEWER: plugin "future" needs plugin API 2, but leasehold 0.1.0 has 1 at most: leasehold is behind',
      'PLUGIN_MISSING: plugin "lost" depends on "twim", which is not configured (did you mean "twin"?)',
      'PLUGIN_MISSING: plugin "alone" depends on "something-else", which is not configured',
      "PLUGIN_CYCLE: plugins depend on each other in a circle: hen → egg → hen",
    ]);
    expect(setups).toEqual([]);
  });

  it("names a second copy of the core", async () => {
    const foreign = { ...plugin("foreign"), core: "file:///elsewhere/leasehold/dist/" };
    expect(await faultsOf([foreign])).toEqual([
      expect.stringMatching(
        /^CORE_COPIES: two copies of leasehold are loaded: .* and file:\/\/\/elsewhere\/leasehold\/dist\/$/,
      ),
    ]);
  });
});

describe("the second report", () => {
  it("names the setup faults of all plugins, but not of those that depend on them", async () => {
    const setups: string[] = [];
    const faults = await faultsOf([
      plugin("misspelt", ({ hooks }) =>
        (hooks as unknown as { onLeese: { tap(fn: unknown): void } }).onLeese.tap(() => 1),
      ),
      plugin("throws", () => {
        throw new Error("no port");
      }),
      plugin("rejects", () => Promise.reject(new Error("no licence"))),
      plugin("dependent", () => void setups.push("dependent"), { dependsOn: ["throws"] }),
      plugin("further", () => void setups.push("further"), { dependsOn: ["dependent"] }),
      plugin("optional", () => void setups.push("optional"), { uses: ["throws"] }),
      plugin("odd-tap", ({ hooks }) => hooks.onLease.tap("nothing" as never)),
      plugin("odd-order", ({ hooks }) => hooks.onLease.tap(() => undefined, { order: "toString" as never })),
      plugin("odd-source", ({ sources }) =>
        sources.add({ name: "s", delivery: "durable", slots: 1, start: async () => undefined }),
      ),
      plugin("no-slots", ({ sources }) =>
        sources.add({ name: "n", delivery: "attached", slots: 0, start: async () => undefined }),
      ),
      plugin("odd-name", ({ sources }) =>
        sources.add({ name: "a b", delivery: "attached", slots: 1, start: async () => undefined }),
      ),
    ]);
    expect(faults).toEqual([
      expect.stringMatching(
        /^SETUP_FAILED: setup of plugin "misspelt" failed: there is no hook "onLeese" \(did you mean "onLease"\?\)/,
      ),
      'SETUP_FAILED: setup of plugin "throws" failed: no port',
      'SETUP_FAILED: setup of plugin "rejects" failed: no licence',
      expect.stringContaining("onLease was tapped with a string instead of a function"),
      expect.stringContaining('onLease was tapped with the order "toString"'),
      expect.stringContaining('lease source "s": a durable source must be able to deliver'),
      expect.stringContaining('lease source "n": slots is 0'),
      expect.stringContaining('lease source "a b": its name must be lower-case words'),
    ]);
    expect(setups).toEqual(["optional"]);
  });

  it("undoes the setups that went well, in reverse, and tells what failed in that", async () => {
    const order: string[] = [];
    const faults = await faultsOf([
      plugin("one", () => () => void order.push("one")),
      plugin("two", () => () => {
        order.push("two");
        throw new Error("stuck");
      }),
      plugin("bad", () => {
        throw new Error("no");
      }),
    ]);
    expect(order).toEqual(["two", "one"]);
    expect(faults).toEqual([
      'SETUP_FAILED: setup of plugin "bad" failed: no',
      'TEARDOWN_FAILED: teardown of plugin "two" failed: stuck',
    ]);
  });

  it("names two executors of one kind without an order", async () => {
    const second = plugin("second", ({ hooks }) => hooks.execute.for("fixture").tap(() => succeeded()));
    expect(await faultsOf([executor(() => succeeded()), second])).toEqual([
      'EXECUTOR_CONFLICT: plugins "executor" and "second" both execute entrypoints of kind "fixture"',
    ]);
  });

  it("has nothing against executors with an order", async () => {
    const first = plugin("second", ({ hooks }) =>
      hooks.execute.for("fixture").tap(() => succeeded("first"), { order: "first" }),
    );
    const { runner } = await boot([executor(() => succeeded("second")), first]);
    expect((await runner.execute(leased())).result?.text).toBe('"first"');
  });

  it("names a profile that nobody has", async () => {
    expect(await faultsOf([plugin("noop")], { profile: "ghost" })).toEqual([
      'PROFILE_UNKNOWN: there is no profile "ghost"; profiles: none',
    ]);
  });

  it("reads as sentences with what to do", async () => {
    const { message } = (await bootRunner(specOf([plugin("bad", () => Promise.reject(new Error("no port")))])).catch(
      (error: unknown) => error,
    )) as Error;
    expect(message).toBe(
      'The runner could not be set up:\n  - setup of plugin "bad" failed: no port [SETUP_FAILED]\n    See the cause; the plugin\'s documentation names what its setup needs.',
    );
  });
});

describe("setups", () => {
  it("run in list order, but after what a plugin depends on or uses", async () => {
    const order: string[] = [];
    const note = (name: string, more = {}) => plugin(name, () => void order.push(name), more);
    const { runner } = await boot([
      note("a", { dependsOn: ["c"] }),
      note("b", { uses: ["d", "not-there"] }),
      note("c"),
      note("d"),
    ]);
    expect(order).toEqual(["c", "a", "d", "b"]);
    expect(runner.plugins.map(({ name, after }) => [name, after])).toEqual([
      ["c", []],
      ["a", ["c"]],
      ["d", []],
      ["b", ["d", "not-there"]],
    ]);
  });

  it("are the only time to tap hooks and add sources", async () => {
    let kept: PluginContext | undefined;
    const { runner } = await boot([
      plugin("keeper", (context) => {
        kept = context;
      }),
    ]);
    expect(() => kept?.hooks.onLease.tap(() => undefined)).toThrow("onLease was tapped after the setup");
    expect(() => kept?.hooks.onHeartbeat.tap(() => undefined, { everySeconds: 1 })).toThrow(
      "onHeartbeat was tapped after the setup",
    );
    const source: LeaseSource = { name: "late", delivery: "attached", slots: 1, start: async () => undefined };
    expect(() => kept?.sources.add(source)).toThrow("it was added after the setup");
    expect(runner.plugins[0]).toMatchObject({ taps: [], sources: [] });
  });

  it("are described by the runner", async () => {
    const Clock = token<number>("test/clock");
    const { runner, events } = await boot([
      executor(
        () => succeeded(),
        ({ services, profiles, sources, hooks }) => {
          services.provide(Clock, { useValue: 1 });
          profiles.add({ name: "p", directory: "/", executor: { type: "x" }, agents: [] });
          sources.add({ name: "s", delivery: "attached", slots: 1, start: async () => undefined });
          hooks.onHeartbeat.tap(() => undefined, { everySeconds: 1 });
        },
      ),
    ]);
    expect(runner.plugins).toEqual([
      {
        name: "executor",
        after: [],
        taps: ["resolveEntrypoint", "execute:fixture", "onHeartbeat"],
        provides: ["test/clock"],
        sources: ["s"],
        profiles: ["p"],
        setupMs: expect.any(Number),
      },
    ]);
    expect(runner.activeProfile?.name).toBe("p");
    await runner.close();
    expect(events).toContainEqual(expect.objectContaining({ type: "plugin", plugin: "executor", act: "teardown" }));
  });

  it("see facades that only tap", async () => {
    await boot([
      plugin("curious", ({ hooks }) => {
        expect(Object.keys(hooks.onLease)).toEqual(["tap"]);
        expect(Object.keys(hooks.execute)).toEqual(["for"]);
        expect(Object.isFrozen(hooks.onLease)).toBe(true);
        expect(() => (hooks as unknown as Record<string, unknown>)["promise"]).toThrow('there is no hook "promise"');
      }),
    ]);
  });
});

describe("close", () => {
  it("tears down in reverse, all of them, and collects the errors", async () => {
    const order: string[] = [];
    const { runner } = await boot([
      plugin("one", () => () => void order.push("one")),
      plugin("two", () => async () => {
        order.push("two");
        throw new Error("disk gone");
      }),
      plugin("three", () => () => {
        order.push("three");
        throw new Error("net gone");
      }),
    ]);
    await expect(runner.close()).rejects.toMatchObject({
      faults: [
        { code: "TEARDOWN_FAILED", message: 'teardown of plugin "three" failed: net gone' },
        { code: "TEARDOWN_FAILED", message: 'teardown of plugin "two" failed: disk gone' },
      ],
    });
    expect(order).toEqual(["three", "two", "one"]);
  });

  it("happens once, however often it is called", async () => {
    let times = 0;
    const { runner } = await boot([plugin("one", () => () => void times++)]);
    await Promise.all([runner.close(), runner.close()]);
    await runner.close();
    expect(times).toBe(1);
  });

  it("stops what `execute` runs", async () => {
    const entered = Promise.withResolvers<void>();
    const { runner } = await boot([
      executor(
        (run) =>
          new Promise((_, reject) => {
            run.signal.addEventListener("abort", () => reject(run.signal.reason));
            entered.resolve();
          }),
      ),
    ]);
    const outcome = runner.execute(leased());
    await entered.promise;
    await runner.close();
    expect((await outcome).status).toBe("stopped");
  });
});

describe("two runners in one process", () => {
  it("never meet", async () => {
    const Name = token<string>("test/name");
    const make = (name: string) =>
      executor(
        (run) => succeeded(`${run.services.get(Name)} ${run.profile?.name}`),
        ({ services, profiles }) => {
          services.provide(Name, { useValue: name });
          profiles.add({ name, directory: "/", executor: { type: "x" }, agents: [] });
        },
      );
    const [one, two] = await Promise.all([boot([make("one")]), boot([make("two")])]);
    await one.runner.execute(leased());
    expect(two.events.filter(({ type }) => type === "outcome")).toEqual([]);
    await one.runner.close();
    expect((await two.runner.execute(leased())).result?.text).toBe('"two two"');
  });
});
