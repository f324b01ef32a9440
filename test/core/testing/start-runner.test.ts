import { readdir } from "node:fs/promises";
import { createServer } from "node:net";
import { coordinator } from "@leasehold/coordinator";
import { startEmbeddedCoordinator } from "@leasehold/embedded-coordinator";
import { succeeded } from "leasehold";
import { startRunner } from "leasehold/testing";
import { describe, expect, it } from "vitest";
import { executor } from "../../fixtures/kinds.ts";
import { plugin } from "../../fixtures/runner.ts";

describe("a runner in one line", () => {
  it("executes runs from memory", async () => {
    await using bench = await startRunner([executor((run) => succeeded({ got: run.parameters["a"] ?? null }))]);
    const run = await bench.submit({ agent: "any", parameters: { a: 1 } });
    expect(await run.outcome).toMatchObject({ status: "succeeded", result: { text: '{"got":1}' } });
    await run.delivered;
    expect(bench.source.attempts.map(({ report }) => report["type"])).toEqual(["started", "settled"]);
  });

  it("executes runs of a coordinator", async () => {
    await using bench = await startRunner([coordinator(), executor(() => succeeded("done"))], {
      coordinator: startEmbeddedCoordinator,
      agents: [{ name: "any", command: "any" }],
    });
    const run = await bench.submit({ agent: "any" });
    await run.delivered;
    expect(await run.outcome).toMatchObject({ status: "succeeded" });
    expect(bench.coordinator?.record.some(({ path }) => path === `/runner/runs/${run.id}/completed`)).toBe(true);
  });

  it.each([undefined, startEmbeddedCoordinator])("stops a run, with %o", async (start) => {
    const waits = executor(async (run) => {
      await new Promise((_, reject) => run.signal.addEventListener("abort", () => reject(run.signal.reason)));
    });
    await using bench = await startRunner([start && coordinator(), waits], {
      ...(start ? { coordinator: start } : {}),
      agents: [{ name: "any", command: "any" }],
    });
    const run = await bench.submit({ agent: "any" });
    await bench.told("phase", ({ phase, run: id }) => phase === "execute" && id === run.id);
    await run.stop();
    expect((await run.outcome).status).toBe("stopped");
  });

  it("names what a plugin has left open", async () => {
    const server = createServer();
    const leaky = plugin("leaky", () => void server.listen(0));
    const bench = await startRunner([leaky]);
    await expect(bench.close()).rejects.toThrow(/left open: 1 TCPServerWrap/);
    server.close();
  });

  it("removes its directory and tells of faults", async () => {
    const failing = plugin("failing", () => () => Promise.reject(new Error("stuck")));
    const bench = await startRunner([failing]);
    await expect(bench.close()).rejects.toThrow(/stuck/);
    await expect(readdir(bench.projectDir)).rejects.toThrow(/ENOENT/);
  });

  it("rejects with the faults of a boot", async () => {
    const faulty = plugin("faulty", () => Promise.reject(new Error("no")));
    await expect(startRunner([faulty])).rejects.toThrow(/setup of plugin "faulty" failed: no/);
  });
});
