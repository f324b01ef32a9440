import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readPollAnswer } from "../../../plugins/coordinator/src/answers.ts";
import { deliveredRun } from "./scripted-coordinator.ts";

const read = (answer: unknown) => readPollAnswer(JSON.stringify(answer));

describe("readPollAnswer", () => {
  it("reads each kind of answer", () => {
    expect(read({ deregistered: true }).deregistered).toBe(true);
    expect(read({ stop_sessions: ["ses_1", "ses_2"] }).stopSessions).toEqual(["ses_1", "ses_2"]);
    expect(read({ sync_scripts: ["a"], remove_scripts: [] })).toMatchObject({ syncScripts: ["a"], removeScripts: [] });
    expect(read({ run: deliveredRun() }).run).toMatchObject({ runId: "run_5b1d0c9e7a42", agentName: "disk" });
    expect(read({ stop_sessions: ["ses_1"] }).problems).toEqual([]);
  });

  it("ignores unknown members", () => {
    expect(read({ run: deliveredRun({ priority: 3 }), hint: {} }).problems).toEqual([]);
  });

  it("keeps number text and key order of the parameters", () => {
    const body =
      '{"run":{"run_id":"r","session_id":"s","type":"start_session","parameters": {"10":1.50,"2":1e-07, "n":12345678901234567890}}}';
    expect(readPollAnswer(body).run?.parametersText).toBe('{"10":1.50,"2":1e-07, "n":12345678901234567890}');
  });

  it("keeps the parameters' text for all parameters", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (parameters) => {
        expect(read({ run: deliveredRun({ parameters }) }).run?.parametersText).toBe(JSON.stringify(parameters));
      }),
    );
  });

  it("reads parameters of any depth and length", () => {
    const parameters = `{"deep":${"[".repeat(100_000)}${"]".repeat(100_000)},"long":"${"x".repeat(64 * 1024 * 1024)}"}`;
    const body = `{"run":{"run_id":"r","session_id":"s","type":"start_session","parameters":${parameters}}}`;
    expect(readPollAnswer(body).run?.parametersText === parameters).toBe(true);
  });

  it("treats empty optional members like absent ones", () => {
    const { run } = read({ run: deliveredRun({ agent_name: "", project_dir: "", resolved_agent_blueprint: null }) });
    expect(run).toMatchObject({ agentName: undefined, projectDir: undefined, blueprint: undefined });
  });

  it("names a broken run whose id can be read", () => {
    const { brokenRun, run } = read({ run: deliveredRun({ parameters: "none", session_id: 7 }) });
    expect(run).toBeUndefined();
    expect(brokenRun).toMatchObject({ runId: "run_5b1d0c9e7a42", sessionId: "run_5b1d0c9e7a42" });
    expect(brokenRun?.problem).toMatch(/session_id: .*string.*parameters: /);
  });

  it("says what makes no sense, without values", () => {
    expect(readPollAnswer("<html>").problems).toEqual(["the body is no JSON object"]);
    expect(read([]).problems).toEqual(["the body is no JSON object"]);
    expect(read({ hello: 1 }).problems[0]).toMatch(/none of deregistered, stop_sessions/);
    expect(read({ stop_sessions: "ses_1" }).problems).toEqual(["stop_sessions is no array"]);
    expect(read({ run: deliveredRun({ parameters: ["hunter2"] }) }).problems.join()).not.toContain("hunter2");
  });

  it("takes no id that would bend a request's path", () => {
    for (const bad of [".", "..", "", "\ud800", "run_\udfff"]) {
      expect(read({ run: deliveredRun({ run_id: bad }) })).not.toHaveProperty("run");
      expect(read({ run: deliveredRun({ run_id: bad }) })).not.toHaveProperty("brokenRun");
      const { brokenRun } = read({ run: deliveredRun({ session_id: bad }) });
      expect(brokenRun).toMatchObject({ runId: "run_5b1d0c9e7a42", sessionId: "run_5b1d0c9e7a42" });
      expect(read({ stop_sessions: [bad, "ses_1"] }).stopSessions).toEqual(["ses_1"]);
    }
    expect(read({ run: deliveredRun({ run_id: "a/../b?c#d%2e" }) }).run?.runId).toBe("a/../b?c#d%2e");
  });

  it("reads answers that are nested without end", () => {
    const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
    const body = JSON.stringify({ junk: 0, run: deliveredRun({ parameters: { deep: 1 } }) });
    const text = body.replace('"junk":0', `"junk":${deep}`).replace('"deep":1', `"deep":${deep}`);
    expect(readPollAnswer(text).run?.parametersText).toBe(`{"deep":${deep}}`);
  });

  it("keeps the good names beside bad ones", () => {
    const answer = read({ stop_sessions: ["ses_1", null, 4, ""] });
    expect(answer.stopSessions).toEqual(["ses_1"]);
    expect(answer.problems).toEqual(["stop_sessions holds something that is no name"]);
  });

  it("never throws", () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (body) => void readPollAnswer(body)));
    fc.assert(
      fc.property(
        fc.jsonValue(),
        fc.constantFrom("run", "stop_sessions", "sync_scripts", "deregistered"),
        (value, key) => {
          read({ [key]: value });
        },
      ),
    );
  });
});
