import path from "node:path";
import { setImmediate } from "node:timers/promises";
import { decline, definePlugin, defineProfile, entrypoint } from "leasehold";
import { describe, expect, it } from "vitest";
import { reopened } from "../../fixtures/reopened.ts";
import {
  create,
  heldRuns,
  json,
  registered,
  reported,
  requestsAbout,
  startCoordinator,
  startRunner,
  temporaryDirectory,
} from "./leasing-runner.ts";
import { deliveredRun, ScriptedCoordinator } from "./scripted-coordinator.ts";
import { start } from "./test-source.ts";

/** Refuses the first request of each method and URL that matches, as a busy coordinator does. */
function refusesFirst(pattern: RegExp) {
  const seen = new Set<string>();
  return async ({ method, url }: { method: string; url: string }) => {
    const request = `${method} ${url}`;
    if (!pattern.test(request) || seen.has(request)) return undefined;
    seen.add(request);
    return { status: 503, detail: "busy" };
  };
}

const TERMINAL = ["completed", "failed", "stopped"];

describe("a run", () => {
  it("goes on, and keeps its result, where its reports are refused (AOF-D13, AOF-D14)", async () => {
    const guard = refusesFirst(/^POST \/(runner\/runs|sessions)\//);
    const at = await startCoordinator({ reference: true }, { guard });
    const held = heldRuns();
    await startRunner(at.url, held.plugins);
    await registered(at);
    const run = await create(at.url, "hold", '{"n":1}');
    (await held.started(run.run_id)).end();
    await reported(at, run.run_id, "completed");
    const twice = [
      "/runner/runs/RUN/started",
      "/sessions/SES/bind",
      "/sessions/SES/events",
      "/runner/runs/RUN/completed",
    ].flatMap((path) => [path, path]);
    expect(requestsAbout(at, run).map(([path]) => path)).toEqual(twice);
    expect(await json(`${at.url}/sessions/${run.session_id}/result`)).toMatchObject({ result_data: { n: 1 } });
  });

  it("that ends in the moment of its stop has one end (AOF-D17)", async () => {
    const at = await startCoordinator({ hazards: { unguardedReports: true } });
    const held = heldRuns();
    const runner = await startRunner(at.url, held.plugins);
    await registered(at);
    const runs: string[] = [];
    for (let turns = 0; turns < 12; turns++) {
      const { run_id, session_id } = await create(at.url, "hold", "{}");
      const { end } = await held.started(run_id);
      await reported(at, run_id, "started");
      const stop = fetch(`${at.url}/sessions/${session_id}/stop`, { method: "POST" });
      for (let turn = 0; turn < turns; turn++) await setImmediate();
      end();
      await stop;
      runs.push(run_id);
    }
    await runner.end();
    const isEndOf = (path: string, run: string) => TERMINAL.some((end) => path === `/runner/runs/${run}/${end}`);
    for (const run of runs) expect(at.record.filter(({ path }) => isEndOf(path, run))).toHaveLength(1);
  });

  it("is executed by what came with it, without further questions (AOF-D35)", async () => {
    const at = await startCoordinator({ reference: true });
    const held = heldRuns();
    const runner = await startRunner(at.url, held.plugins);
    await registered(at);
    const run = await create(at.url, "hold", "{}");
    (await held.started(run.run_id)).end();
    await reported(at, run.run_id, "completed");
    await runner.end();
    const asked = at.record.filter(({ method }) => method === "GET").map(({ path }) => path);
    expect(asked).toContain("/runner/runs");
    expect(asked.filter((path) => /^\/(agents|sessions|scripts)/.test(path))).toEqual([]);
  });

  it("is left alone by a resume of its session that cannot be (AOF-D37)", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const held = heldRuns();
    await startRunner(coordinator.url, held.plugins);
    const of = (run_id: string, type: string) =>
      deliveredRun({
        run_id,
        type,
        agent_name: "hold",
        resolved_agent_blueprint: { name: "hold", type: "procedural", command: "hold" },
      });
    await coordinator.answerPoll({ json: { run: of("run_1", "start_session") } });
    const first = await held.started("run_1");
    await coordinator.answerPoll({ json: { run: of("run_2", "resume_session") } });
    const { json } = await coordinator.seen("POST /runner/runs/run_2/failed");
    expect(json["error"]).toContain('agent "hold" is procedural; its sessions cannot be resumed, only started');
    expect(first.run.signal.aborted).toBe(false);
    first.end();
    await coordinator.seen("POST /runner/runs/run_1/completed");
  });
});

describe("a poll", () => {
  it("does not keep the hook's run away that it waits for itself (AOF-H2)", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const { feed } = start({ url: coordinator.url, timing: { lateMs: -29_999.9 } });
    await coordinator.answerPoll({ json: { run: deliveredRun({ run_id: "run_hook" }) } }, 1);
    await feed.until(() => feed.runs.has("run_hook"));
    await coordinator.answerPoll({ json: { run: deliveredRun({ run_id: "run_hooked" }) } });
    await feed.until(() => feed.runs.has("run_hooked"));
  });
});

describe("a session", () => {
  it("that the coordinator has reaped under its run ends as the run does (AOF-H14)", async () => {
    const data = path.join(await temporaryDirectory(), "coordinator.db");
    const before = await startCoordinator({ reference: true, data });
    const held = heldRuns();
    await startRunner(before.url, held.plugins);
    await registered(before);
    const run = await create(before.url, "hold", '{"n":1}');
    const { end } = await held.started(run.run_id);
    await before.recorded(({ path, status }) => path === `/sessions/${run.session_id}/bind` && status === 200);
    await before.close();
    // Its registry is lost and its clock an hour on, so that to the reaper the session is old and nobody's.
    let isReaped = false;
    const after = await reopened(() =>
      startCoordinator(
        { reference: true, data, port: before.port, runRecoveryMode: "none", reaperGracePeriodSeconds: 0.001 },
        {
          now: () => Date.now() + 3_600_000,
          guard: async ({ url }) =>
            url === "/runner/register" && !isReaped ? { status: 503, detail: "busy" } : undefined,
        },
      ),
    );
    const status = async () => (await json(`${after.url}/sessions/${run.session_id}/status`)).status;
    after.reap();
    expect(await status()).toBe("failed");
    isReaped = true;
    end();
    await reported(after, run.run_id, "completed");
    expect(await status()).toBe("finished");
    expect(await json(`${after.url}/sessions/${run.session_id}/result`)).toMatchObject({ result_data: { n: 1 } });
  });
});

describe("the end of a runner", () => {
  it("stops all of its runs at once (AOF-D28)", async () => {
    const at = await startCoordinator({ reference: true });
    const runner = await startRunner(at.url, endTogether(5));
    await registered(at);
    const runs = await Promise.all(Array.from({ length: 5 }, () => create(at.url, "hold", "{}")));
    for (const { run_id } of runs) await reported(at, run_id, "started");
    await runner.end();
    for (const { run_id } of runs) expect((await json(`${at.url}/runs/${run_id}`)).status).toBe("stopped");
    expect((await json(`${at.url}/runners`)).runners).toEqual([]);
  });
});

/** Runs of which none ends before so many were told to. */
function endTogether(count: number) {
  const all = Promise.withResolvers<void>();
  let told = 0;
  const plugin = definePlugin({
    name: "together",
    apiVersion: 1,
    setup({ hooks }) {
      hooks.resolveEntrypoint.tap(({ agent }) => (agent.command === "hold" ? entrypoint("held", {}) : decline("no")));
      hooks.execute.for("held").tap(async (run) => {
        run.signal.addEventListener("abort", () => ++told === count && all.resolve());
        await all.promise;
        run.signal.throwIfAborted();
        throw new Error("nobody ended this run");
      });
    },
  });
  const executor = { type: "procedural", command: "hold" };
  const profile = defineProfile({
    name: "held-profile",
    directory: "/",
    executor,
    agents: [{ name: "hold", command: "hold" }],
  });
  return [plugin(), profile];
}
