import { entrypoint, type Run, refuse, succeeded } from "leasehold";
import { describe, expect, it } from "vitest";
import "../../fixtures/kinds.ts";
import { executor } from "../../fixtures/kinds.ts";
import { boot, leased, plugin } from "../../fixtures/runner.ts";

describe("onLease", () => {
  it("settles a refused run without resolving it", async () => {
    const asked: string[] = [];
    const { runner } = await boot([
      plugin("gate", ({ hooks }) => hooks.onLease.tap(() => refuse("it is Sunday"))),
      plugin("later", ({ hooks }) => {
        hooks.onLease.tap(() => void asked.push("onLease"));
        hooks.resolveEntrypoint.tap(() => void asked.push("resolveEntrypoint"));
      }),
    ]);
    expect(await runner.execute(leased())).toMatchObject({
      status: "refused",
      error: { code: "RUN_REFUSED", message: 'plugin "gate" refused the run: it is Sunday' },
    });
    expect(asked).toEqual([]);
  });

  it("lets taps change env, labels and limits", async () => {
    const { runner } = await boot([
      plugin("enrich", ({ hooks }) =>
        hooks.onLease.tap((run) => {
          run.env["TOKEN"] = "t";
          run.labels["team"] = "blue";
          run.limits.timeoutSeconds = 7;
        }),
      ),
      executor((run) => succeeded({ env: run.env, labels: run.labels, seconds: run.limits.timeoutSeconds })),
    ]);
    const { result } = await runner.execute(leased("run-1", { labels: { from: "test" } }));
    expect(JSON.parse(result?.text ?? "")).toEqual({
      env: { TOKEN: "t" },
      labels: { from: "test", team: "blue" },
      seconds: 7,
    });
  });

  it.each<[what: string, change: (run: Run) => void]>([
    ["the project directory", (run) => void Object.assign(run, { projectDir: "/" })],
    ["the agent", (run) => void Object.assign(run, { agent: { name: "other" } })],
    ["the agent's command", (run) => void Object.assign(run.agent, { command: "rm" })],
    ["the parameters", (run) => void Object.assign(run.parameters, { a: 1 })],
    ["the session", (run) => void Object.assign(run.session, { id: "other" })],
    ["the limits as a whole", (run) => void Object.assign(run, { limits: { ...run.limits } })],
  ])("fails a tap that changes %s", async (_what, change) => {
    const { runner } = await boot([
      plugin("meddler", ({ hooks }) => hooks.onLease.tap((run) => change(run))),
      executor(() => succeeded()),
    ]);
    const { status, error } = await runner.execute(leased());
    expect(status).toBe("failed");
    expect(error).toMatchObject({
      code: "TAP_FAILED",
      message: expect.stringContaining('plugin "meddler" failed in onLease'),
    });
  });

  it.each(["env", "labels", "limits"] as const)("freezes %s once the run is admitted", async (member) => {
    const { runner } = await boot([
      plugin("late", ({ hooks }) =>
        hooks.resolveEntrypoint.tap((run) => {
          (run[member] as Record<string, unknown>)["X"] = 1;
          return entrypoint("fixture", { file: "a" });
        }),
      ),
    ]);
    const { error } = await runner.execute(leased());
    expect(error?.message).toMatch(/plugin "late" failed in resolveEntrypoint: .*not extensible/);
  });

  it("refuses limits that are no numbers above nothing", async () => {
    const { runner } = await boot([
      plugin("nonsense", ({ hooks }) =>
        hooks.onLease.tap((run) => void Object.assign(run.limits, { timeoutSeconds: Number.NaN })),
      ),
      executor(() => succeeded()),
    ]);
    expect(await runner.execute(leased())).toMatchObject({
      status: "refused",
      error: { code: "RUN_INVALID", message: "the run's limit timeoutSeconds is NaN" },
    });
  });

  it("fails the run on an answer that is no refusal", async () => {
    const { runner } = await boot([
      plugin("yes", ({ hooks }) => hooks.onLease.tap((() => true) as never)),
      executor(() => succeeded()),
    ]);
    expect((await runner.execute(leased())).error?.message).toBe(
      'plugin "yes" failed in onLease: it answered a boolean; answer nothing to admit the run, or refuse(reason)',
    );
  });

  it("takes null for no answer", async () => {
    const { runner } = await boot([
      plugin("null", ({ hooks }) => hooks.onLease.tap((() => null) as never)),
      executor(() => succeeded()),
    ]);
    expect((await runner.execute(leased())).status).toBe("succeeded");
  });

  it("asks plugins in list order, ordered ones before and after", async () => {
    const order: string[] = [];
    const note = (name: string, place?: "first" | "last") =>
      plugin(name, ({ hooks }) => hooks.onLease.tap(() => void order.push(name), place && { order: place }));
    const { runner } = await boot([
      note("last", "last"),
      note("a"),
      note("b"),
      note("first", "first"),
      executor(() => succeeded()),
    ]);
    await runner.execute(leased());
    expect(order).toEqual(["first", "a", "b", "last"]);
  });
});
