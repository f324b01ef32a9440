import { failed, jsonResult, type Outcome, refused, stopped, succeeded } from "leasehold";
import { describe, expect, it } from "vitest";
import { reportsOf } from "../../../plugins/coordinator/src/reports.ts";

const run = {
  projectDir: "/srv/jobs",
  session: { id: "ses_1", mode: "start" as const, own: () => Promise.reject(new Error("not owned")) },
};
const settled = (outcome: Outcome) => reportsOf({ type: "settled", outcome }, run);
const types = (outcome: Outcome) => settled(outcome).map(({ type }) => type);

describe("reportsOf", () => {
  it("binds after a run has started", () => {
    expect(reportsOf({ type: "started" }, run)).toEqual([{ type: "started" }, { type: "bind" }]);
  });

  it("tells the result before the terminal report", () => {
    expect(types(succeeded({ a: 1 }))).toEqual(["result", "completed"]);
    expect(types(failed("disk full", { result: jsonResult("{}") }))).toEqual(["result", "failed"]);
  });

  it("tells no result of stopped, refused and unresolved runs", () => {
    expect(types(stopped("told to", { result: jsonResult("{}") }))).toEqual(["stopped"]);
    expect(types(refused("not here"))).toEqual(["failed"]);
    expect(types(failed("nobody can run agent"))).toEqual(["failed"]);
  });

  it("says whether the session ends or waits", () => {
    expect(settled(succeeded())).toEqual([{ type: "completed", session_status: "finished" }]);
    expect(settled(succeeded(undefined, { session: "idle" }))).toEqual([{ type: "completed", session_status: "idle" }]);
  });

  it("labels a stop with the last signal", () => {
    const receipt = { signals: ["SIGTERM", "SIGKILL"], survivors: 0, ms: 5_000 };
    expect(settled(stopped("told to", { receipt }))).toEqual([{ type: "stopped", signal: "SIGKILL" }]);
    expect(settled(stopped("told to"))).toEqual([{ type: "stopped", signal: "SIGTERM" }]);
  });

  it("takes the error's sentence as the error text", () => {
    expect(settled(failed({ code: "X", message: "disk full" }))).toEqual([{ type: "failed", error: "disk full" }]);
  });

  it("words a missing project directory as the reference does", () => {
    expect(settled(refused({ code: "PROJECT_DIR_MISSING", message: "it is not there" }))).toEqual([
      { type: "failed", error: "[Errno 2] No such file or directory: '/srv/jobs'" },
    ]);
  });
});
