import { decline, entrypoint, failed, succeeded } from "leasehold";
import { describe, expect, it } from "vitest";
import { executor } from "../../fixtures/kinds.ts";
import { boot, leased, plugin } from "../../fixtures/runner.ts";

describe("resolveEntrypoint", () => {
  it("takes the first entrypoint and asks no further", async () => {
    const asked: string[] = [];
    const { runner } = await boot([
      plugin("silent", ({ hooks }) => hooks.resolveEntrypoint.tap(() => void asked.push("silent"))),
      executor((_run, { file }) => succeeded(file)),
      plugin("never", ({ hooks }) => hooks.resolveEntrypoint.tap(() => void asked.push("never"))),
    ]);
    expect((await runner.execute(leased())).result?.text).toBe('"a"');
    expect(asked).toEqual(["silent"]);
  });

  it("lists who was asked and why each declined", async () => {
    const { runner } = await boot([
      plugin("scripts", ({ hooks }) => hooks.resolveEntrypoint.tap(async () => decline("no such script"))),
      plugin("null", ({ hooks }) => hooks.resolveEntrypoint.tap((() => null) as never)),
      plugin("wasm", ({ hooks }) => hooks.resolveEntrypoint.tap(() => decline("not a .wasm file"))),
    ]);
    expect(await runner.execute(leased())).toMatchObject({
      status: "failed",
      error: {
        code: "ENTRYPOINT_UNRESOLVED",
        message: 'nobody can run agent "echo" (scripts: no such script; null: no answer; wasm: not a .wasm file)',
      },
    });
  });

  it("says so when nobody could be asked", async () => {
    const { runner } = await boot([]);
    expect((await runner.execute(leased())).error?.message).toBe('nobody can run agent "echo" (nobody was asked)');
  });

  it("keeps the declines of two runs apart", async () => {
    const { runner } = await boot([
      plugin("picky", ({ hooks }) => hooks.resolveEntrypoint.tap(async (run) => decline(`not ${run.id}`))),
    ]);
    const [one, two] = await Promise.all([runner.execute(leased("one")), runner.execute(leased("two"))]);
    expect([one.error?.message, two.error?.message]).toEqual([
      expect.stringContaining("picky: not one)"),
      expect.stringContaining("picky: not two)"),
    ]);
  });

  it("fails the run on an answer without a kind", async () => {
    const { runner } = await boot([
      plugin("odd", ({ hooks }) => hooks.resolveEntrypoint.tap((() => ({ file: "a" })) as never)),
    ]);
    expect((await runner.execute(leased())).error?.message).toBe(
      'plugin "odd" failed in resolveEntrypoint: it answered an object with file; answer an entrypoint with a kind, decline(reason) or nothing',
    );
  });
});

describe("execute", () => {
  it("takes the first outcome; nothing asks the next", async () => {
    const asked: string[] = [];
    const { runner } = await boot([
      executor(() => void asked.push("one")),
      plugin("two", ({ hooks }) => hooks.execute.for("fixture").tap(async () => failed("two"), { order: "last" })),
      plugin("three", ({ hooks }) =>
        hooks.execute.for("fixture").tap(() => void asked.push("three"), { order: "last" }),
      ),
    ]);
    expect((await runner.execute(leased())).error?.message).toBe("two");
    expect(asked).toEqual(["one"]);
  });

  it("names the kind that nobody executes", async () => {
    const { runner } = await boot([
      plugin("resolver", ({ hooks }) => hooks.resolveEntrypoint.tap(() => entrypoint("other", { count: 1 }))),
      executor(() => succeeded()),
    ]);
    expect((await runner.execute(leased())).error).toMatchObject({
      code: "ENTRYPOINT_UNEXECUTED",
      message: 'no executor took the entrypoint of kind "other" (kinds with an executor: fixture)',
    });
  });

  it("fails the run when every executor answers nothing", async () => {
    const { runner } = await boot([executor((() => null) as never)]);
    expect((await runner.execute(leased())).error?.code).toBe("ENTRYPOINT_UNEXECUTED");
  });

  it.each<[what: string, answer: unknown]>([
    ["a bare text", "done"],
    ["false", false],
    ["a status nobody knows", { status: "done", session: "finished" }],
    ["a failure without an error", { status: "failed", session: "finished" }],
    ["a receipt that is none", { ...succeeded(), receipt: "killed" }],
    ["an exit code that is none", { ...succeeded(), exitCode: "0" }],
  ])("fails the run on %s for an outcome", async (_what, answer) => {
    const { runner } = await boot([executor((() => answer) as never)]);
    expect((await runner.execute(leased())).error).toMatchObject({
      code: "TAP_FAILED",
      message: expect.stringMatching(/^plugin "executor" failed in execute:fixture: it answered .*no outcome/),
    });
  });

  it("fails the run on an outcome that cannot be read", async () => {
    const trap = {
      ...succeeded(),
      get truncated(): never {
        throw new Error("hands off");
      },
    };
    const { runner } = await boot([executor(() => trap)]);
    expect((await runner.execute(leased())).error?.message).toBe(
      'plugin "executor" failed in execute:fixture: hands off',
    );
  });

  it("keeps an outcome from being changed after it was given", async () => {
    const mine = { status: "failed", session: "finished", error: { code: "X", message: "x" } };
    const { runner } = await boot([
      executor(() => mine as never),
      plugin("later", ({ hooks }) =>
        hooks.onResult.tap(() => {
          Object.assign(mine.error, { message: "other" });
          Object.assign(mine, { status: "succeeded" });
        }),
      ),
    ]);
    expect(await runner.execute(leased())).toMatchObject({ status: "failed", error: { message: "x" } });
  });

  it("settles the run when an outcome cannot be read twice", async () => {
    const { proxy: timings, revoke } = Proxy.revocable({}, {});
    const { runner } = await boot([executor(() => ({ ...succeeded(), timings }))]);
    revoke();
    expect((await runner.execute(leased())).error?.code).toBe("TAP_FAILED");
    await runner.close();
  });
});
