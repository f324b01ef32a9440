import { access } from "node:fs/promises";
import { decline, type Run, RunAborted } from "leasehold";
import { expect, it } from "vitest";
import { boot, plugin } from "../../fixtures/runner.ts";

const taking = (name: string, take: (run: Run) => unknown) =>
  plugin(name, ({ hooks }) => hooks.resolveEntrypoint.tap(take as () => void));
const profile = { name: "one", directory: "/one", executor: { type: "procedural" }, agents: [] };

it("answers what a run of the agent would be resolved to", async () => {
  const { runner, events } = await boot([
    taking("modest", () => decline("not mine")),
    taking("eager", ({ agent, profile, parameters }) => ({
      kind: "eager",
      of: [agent.name, profile?.name, parameters],
    })),
  ]);
  expect(await runner.entrypointOf({ name: "say" }, profile)).toEqual({ kind: "eager", of: ["say", "one", {}] });
  expect(events.map(({ type }) => type)).toEqual(["tap", "tap"]);
});

it("answers nothing when nobody takes the agent", async () => {
  const { runner } = await boot([taking("modest", () => decline("not mine"))]);
  expect(await runner.entrypointOf({ name: "say" })).toBeUndefined();
});

it("leaves nothing of the run that never was", async () => {
  let seen: Run | undefined;
  let directory = "";
  const ended: string[] = [];
  const eager = plugin("eager", ({ hooks, resources }) => {
    resources.handle("thing", {
      end: async ({ id }: { readonly id: string }) => {
        ended.push(id);
        return { signals: [], survivors: 0, ms: 0 };
      },
      survivors: async () => 0,
    });
    hooks.resolveEntrypoint.tap(async (run) => {
      seen = run;
      directory = await run.tempDirectory();
      await run.own({ kind: "thing", id: "a" });
      throw new Error("no luck");
    });
  });
  const { runner } = await boot([eager]);
  await expect(runner.entrypointOf({ name: "say" })).rejects.toMatchObject({ code: "TAP_FAILED" });
  expect(seen?.signal.reason).toBeInstanceOf(RunAborted);
  expect(ended).toEqual(["a"]);
  await expect(access(directory)).rejects.toThrow("ENOENT");
});

it("asks nobody once the runner is closed", async () => {
  const { runner } = await boot([taking("eager", () => ({ kind: "eager" }))]);
  await runner.close();
  await expect(runner.entrypointOf({ name: "say" })).rejects.toMatchObject({ code: "RUNNER_CLOSING" });
});
