import { decline, failed, type Outcome, refuse, succeeded, withResult } from "leasehold";
import { describe, expect, it } from "vitest";
import { executor } from "../../fixtures/kinds.ts";
import { boot, leased, plugin } from "../../fixtures/runner.ts";

const watch = (seen: Outcome[]) =>
  plugin("watch", ({ hooks }) => hooks.onResult.tap((outcome) => void seen.push(outcome)));

describe("onResult", () => {
  it("passes each tap the outcome of the one before", async () => {
    const { runner } = await boot([
      executor(() => succeeded(1)),
      plugin("two", ({ hooks }) => hooks.onResult.tap((outcome) => withResult(outcome, 2))),
      plugin("keep", ({ hooks }) => hooks.onResult.tap(() => undefined)),
      plugin("more", ({ hooks }) => hooks.onResult.tap(async (o) => withResult(o, Number(o.result?.text) + 1))),
    ]);
    expect((await runner.execute(leased())).result?.text).toBe("3");
  });

  it.each([
    ["refused", plugin("gate", ({ hooks }) => hooks.onLease.tap(() => refuse("no")))],
    ["failed", plugin("picky", ({ hooks }) => hooks.resolveEntrypoint.tap(() => decline("no")))],
    ["failed", executor(() => failed("no"))],
    ["succeeded", executor(() => succeeded())],
  ])("sees outcomes that are %s", async (status, first) => {
    const seen: Outcome[] = [];
    const { runner } = await boot([first, watch(seen)]);
    await runner.execute(leased());
    expect(seen.map((outcome) => outcome.status)).toEqual([status]);
  });

  it("sees runs whose parameters are invalid", async () => {
    const seen: Outcome[] = [];
    const { runner } = await boot([watch(seen)]);
    await runner.execute(leased("run-1", { parametersText: "[]" }));
    expect(seen[0]).toMatchObject({ status: "refused", error: { code: "RUN_INVALID" } });
  });

  it.each<[what: string, tap: () => unknown]>([
    ["an invalid answer", () => ({ status: "great" })],
    ["null", () => null],
    [
      "a throw",
      () => {
        throw new Error("no paper");
      },
    ],
    ["a rejection", () => Promise.reject(new Error("no paper"))],
  ])("keeps the earlier outcome after %s", async (_what, tap) => {
    const { runner } = await boot([
      executor(() => succeeded("kept")),
      plugin("faulty", ({ hooks }) => hooks.onResult.tap(tap as never)),
      plugin("after", ({ hooks }) => hooks.onResult.tap((outcome) => withResult(outcome, `${outcome.result?.text}!`))),
    ]);
    expect((await runner.execute(leased())).result?.text).toBe(JSON.stringify('"kept"!'));
  });

  it("logs and counts a fault with plugin, hook and cause", async () => {
    const { runner, log, events } = await boot([
      executor(() => succeeded()),
      plugin("faulty", ({ hooks }) =>
        hooks.onResult.tap(() => {
          throw new RangeError("no paper");
        }),
      ),
    ]);
    await runner.execute(leased());
    const sentence = 'plugin "faulty" failed in onResult: no paper';
    expect(log).toContainEqual(
      expect.objectContaining({ level: 50, msg: sentence, plugin: "faulty", hook: "onResult" }),
    );
    expect(events).toContainEqual(expect.objectContaining({ type: "tap", plugin: "faulty", fault: sentence }));
  });

  it("may end a session that the executor left idle", async () => {
    const { runner } = await boot([
      executor(() => succeeded(1, { session: "idle" })),
      plugin("ender", ({ hooks }) => hooks.onResult.tap((outcome) => ({ ...outcome, session: "finished" }))),
    ]);
    expect((await runner.execute(leased())).session).toBe("finished");
  });
});
