import path from "node:path";
import { commandExecutor } from "@leasehold/command-executor";
import { echo } from "@leasehold/profile-echo";
import { testProcedural } from "@leasehold/profile-test-procedural";
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
  text,
} from "./leasing-runner.ts";

describe.each([{ reference: false }, { reference: true }])(
  "a runner at an embedded coordinator, %o",
  ({ reference }) => {
    it("executes a run and says what the protocol's transcript says", async () => {
      const at = await startCoordinator({ reference });
      await startRunner(at.url, [commandExecutor(), echo()]);
      const runner_id = (await registered(at)) && (await json(`${at.url}/runners`)).runners[0].runner_id;
      const run = await create(at.url, "echo", '{"message":"good morning"}');
      await reported(at, run.run_id, "completed");
      expect(requestsAbout(at, run)).toEqual([
        ["/runner/runs/RUN/started", { runner_id }],
        [
          "/sessions/SES/bind",
          { executor_session_id: `proc_${run.session_id}`, hostname: "build-07", executor_profile: "echo" },
        ],
        [
          "/sessions/SES/events",
          {
            event_type: "result",
            session_id: run.session_id,
            timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/),
            result_text: null,
            result_data: { message: "good morning" },
          },
        ],
        ["/runner/runs/RUN/completed", { runner_id, status: "success", session_status: "finished" }],
      ]);
      expect(await json(`${at.url}/sessions/${run.session_id}/result`)).toEqual({
        result_text: null,
        result_data: { message: "good morning" },
      });
    });

    it("tells the result of a failing run before its failure", async () => {
      const at = await startCoordinator({ reference });
      await startRunner(at.url, [commandExecutor(), testProcedural()]);
      await registered(at);
      const run = await create(at.url, "test", '{"stdout":"half done","stderr":"disk full","exit-code":3}');
      expect((await reported(at, run.run_id, "failed")).body).toMatchObject({ error: "disk full" });
      expect(requestsAbout(at, run).map(([path]) => path)).toEqual([
        "/runner/runs/RUN/started",
        "/sessions/SES/bind",
        "/sessions/SES/events",
        "/runner/runs/RUN/failed",
      ]);
      expect((await json(`${at.url}/sessions/${run.session_id}`)).session.status).toBe("failed");
    });

    it("keeps number text and key order from client to result", async () => {
      const at = await startCoordinator({ reference });
      const held = heldRuns();
      await startRunner(at.url, held.plugins);
      await registered(at);
      const run = await create(at.url, "hold", '{"b":1.5,"10":1e-07,"2":12345678901234567890,"f":1.0}');
      (await held.started(run.run_id)).end();
      await reported(at, run.run_id, "completed");
      const result = (await text(`${at.url}/sessions/${run.session_id}/result`)).replace(/[\s]/g, "");
      expect(result).toContain('{"b":1.5,"10":1e-07,"2":12345678901234567890,"f":1.0}');
    });

    it.each([
      ["beside its polls", 16],
      ["while every slot is busy", 1],
    ])("hears a stop %s", async (_, concurrency) => {
      const at = await startCoordinator({ reference });
      const held = heldRuns();
      await startRunner(at.url, held.plugins, { concurrency });
      await registered(at);
      const run = await create(at.url, "hold", "{}");
      await held.started(run.run_id);
      await reported(at, run.run_id, "started");
      await fetch(`${at.url}/sessions/${run.session_id}/stop`, { method: "POST" });
      expect((await reported(at, run.run_id, "stopped")).body).toMatchObject({ signal: "SIGTERM" });
      expect((await json(`${at.url}/sessions/${run.session_id}`)).session.status).toBe("stopped");
    });

    it("leaves neither a registration nor a poll behind", async () => {
      const at = await startCoordinator({ reference });
      const runner = await startRunner(at.url, heldRuns().plugins);
      await registered(at);
      const { runner_id } = (await json(`${at.url}/runners`)).runners[0];
      await at.polling(runner_id);
      await runner.end();
      expect((await json(`${at.url}/runners`)).runners).toEqual([]);
      const polls = at.record.filter(({ path }) => path === "/runner/runs");
      expect(polls.map(({ delivered }) => delivered)).toEqual([{ deregistered: true }]);
    });

    it("ends when it is deregistered", async () => {
      const at = await startCoordinator({ reference });
      const runner = await startRunner(at.url, heldRuns().plugins);
      await registered(at);
      const { runner_id } = (await json(`${at.url}/runners`)).runners[0];
      await fetch(`${at.url}/runners/${runner_id}`, { method: "DELETE" });
      await runner.leasing;
      expect((await json(`${at.url}/runners`)).runners).toEqual([]);
    });

    it("goes on across a restart of the coordinator", async () => {
      const data = path.join(await temporaryDirectory(), "coordinator.db");
      const before = await startCoordinator({ reference, data });
      const held = heldRuns();
      await startRunner(before.url, held.plugins);
      await registered(before);
      const run = await create(before.url, "hold", '{"n":1}');
      const { end } = await held.started(run.run_id);
      await reported(before, run.run_id, "started");
      await before.close();
      end();
      const after = await reopened(() => startCoordinator({ reference, data, port: before.port }));
      await reported(after, run.run_id, "completed");
      expect((await json(`${after.url}/runs/${run.run_id}`)).status).toBe("completed");
      expect(await json(`${after.url}/sessions/${run.session_id}/result`)).toMatchObject({ result_data: { n: 1 } });
      expect(after.record.filter(({ path }) => path === `/runner/runs/${run.run_id}/completed`).at(-1)?.verdict).toBe(
        "accepted",
      );
    });
  },
);
