// biome-ignore-all lint/suspicious/noThenProperty: promises of other makes are what is tested
import { decline, type Plugin, succeeded } from "leasehold";
import { describe, expect, it } from "vitest";
import { executor } from "../../fixtures/kinds.ts";
import { boot, leased, plugin } from "../../fixtures/runner.ts";

const original = Object.freeze(new RangeError("boom"));

const hooks: readonly [hook: string, faulty: (act: () => never) => Plugin][] = [
  ["onLease", (act) => plugin("faulty", ({ hooks }) => hooks.onLease.tap(act))],
  ["resolveEntrypoint", (act) => plugin("faulty", ({ hooks }) => hooks.resolveEntrypoint.tap(act))],
  ["execute:fixture", (act) => executor(act, undefined, "faulty")],
];

describe.each(hooks)("a fault in %s", (hook, faulty) => {
  it.each<[what: string, act: () => unknown, problem: string]>([
    [
      "a throw",
      () => {
        throw original;
      },
      "boom",
    ],
    ["a rejection", () => Promise.reject(original), "boom"],
    [
      "a thrown text",
      () => {
        throw "just text";
      },
      "just text",
    ],
    [
      "a thrown object",
      () => {
        throw { code: 1 };
      },
      "a thrown object",
    ],
    [
      "a thrown nothing",
      () => {
        throw undefined;
      },
      "a thrown undefined",
    ],
    ["a rejected null", () => Promise.reject(null), "a thrown null"],
    [
      "a promise that throws in then",
      () => ({
        then: () => {
          throw original;
        },
      }),
      "boom",
    ],
    [
      "an answer that throws when looked at",
      () => ({
        get then() {
          throw original;
        },
      }),
      "boom",
    ],
  ])("fails the run by %s, naming plugin and hook", async (_what, act, problem) => {
    const { runner, log } = await boot([
      plugin("before", ({ hooks }) => hooks.resolveEntrypoint.tap(async () => decline("not me"))),
      faulty(act as () => never),
      ...(hook.startsWith("execute") ? [] : [executor(() => succeeded())]),
    ]);
    const outcome = await runner.execute(leased());
    const message = `plugin "faulty" failed in ${hook}: ${problem}`;
    expect(outcome).toMatchObject({ status: "failed", error: { code: "TAP_FAILED", message } });
    expect(log).toContainEqual(expect.objectContaining({ level: 50, plugin: "faulty", hook, msg: message }));
  });
});

describe("a fault's cause", () => {
  it("is the original error, untouched", async () => {
    const { runner, log } = await boot([
      executor(() => {
        throw original;
      }),
    ]);
    await runner.execute(leased());
    expect(log.find(({ level }) => level === 50)?.["err"]).toMatchObject({
      type: "LeaseholdError",
      stack: expect.stringContaining("caused by: RangeError: boom"),
    });
    expect(original.message).toBe("boom");
  });

  it("does not settle a run twice when a tap's promise is resolved again", async () => {
    const thenable = {
      then(resolve: (value: unknown) => void) {
        resolve(succeeded(1));
        resolve(succeeded(2));
      },
    };
    const { runner, events } = await boot([executor((() => thenable) as never)]);
    expect((await runner.execute(leased())).result?.text).toBe("1");
    expect(events.filter(({ type }) => type === "outcome")).toHaveLength(1);
  });
});
