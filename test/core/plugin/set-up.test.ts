import type { Logger } from "leasehold";
import { describe, expect, it } from "vitest";
import type { PluginContext } from "../../../core/src/plugin/plugin.ts";
import { setUpPlugins } from "../../../core/src/plugin/set-up.ts";
import { TeardownStack } from "../../../core/src/plugin/teardown-stack.ts";
import { plugin, specOf } from "../../fixtures/runner.ts";

const noContext = () => ({}) as PluginContext;

describe("setUpPlugins", () => {
  it("names a setup that is late, and undoes it when it ends after all", async () => {
    const [late, undone] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const slow = plugin("slow", async () => {
      await late.promise;
      return () => undone.resolve();
    });
    const { plugins, log } = specOf([slow, plugin("next")]);
    const { faults, ms } = await setUpPlugins(plugins, noContext, new TeardownStack(), log, 0.01);
    expect(faults.map(({ message }) => message)).toEqual(['setup of plugin "slow" did not end within 0.01 s']);
    expect([...ms.keys()]).toEqual(["next"]);
    late.resolve();
    await undone.promise;
  });

  it("logs what goes wrong when a late setup is undone", async () => {
    const late = Promise.withResolvers<() => void>();
    const { plugins } = specOf([plugin("slow", () => late.promise)]);
    const logged = Promise.withResolvers<string>();
    const log = { error: (_about: unknown, text: string) => logged.resolve(text) } as unknown as Logger;
    await setUpPlugins(plugins, noContext, new TeardownStack(), log, 0.01);
    late.resolve(() => {
      throw new Error("port in use");
    });
    expect(await logged.promise).toBe('teardown of plugin "slow" failed: port in use');
  });
});

describe("TeardownStack", () => {
  it("names a teardown that is late and goes on", async () => {
    const order: string[] = [];
    const stack = new TeardownStack(
      (plugin) => void order.push(`after ${plugin}`),
      () => 0.01,
    );
    stack.push("one", () => void order.push("one"));
    stack.push("hangs", () => new Promise(() => undefined));
    expect((await stack.unwind()).map(({ message }) => message)).toEqual([
      'teardown of plugin "hangs" did not end within 0.01 s',
    ]);
    expect(order).toEqual(["after hangs", "one", "after one"]);
    expect(await stack.unwind()).toEqual([]);
  });
});
