import type { RecordEntry } from "@leasehold/embedded-coordinator";
import { describe, expect, it } from "vitest";
import type { ChildNote } from "./child-log.ts";
import type { Facts, RunFacts } from "./facts.ts";
import { findingsIn } from "./invariants.ts";
import type { PlannedRun } from "./plan.ts";
import { lastLine } from "./table.ts";

const TEXT = '{"run":  1, "exact": [1.0]}';
const planned: PlannedRun = {
  number: 1,
  session: "chaos-1",
  behaviour: "plain",
  parameters: { answer: TEXT },
  text: TEXT,
};
const STARTED = post("/runner/runs/run_1/started");
const BIND = post("/sessions/chaos-1/bind");
const RESULT = post("/sessions/chaos-1/events", { event_type: "result" });
const COMPLETED = post("/runner/runs/run_1/completed");
const FAILED = post("/runner/runs/run_1/failed");

describe("a run that went well", () => {
  it("breaks no promise", () => {
    expect(offencesOf({})).toEqual([]);
    expect(lastLine(findingsIn(facts([run({})])))).toBe("lost=0 doubled=0 disordered=0 survivors=0");
  });

  it("may have met answers that took nothing", () => {
    const refused = post("/runner/runs/run_1/completed", undefined, 401);
    expect(offencesOf({ record: [STARTED, BIND, RESULT, refused, COMPLETED] })).toEqual([]);
  });
});

describe("a run is lost", () => {
  it.each<[string, Partial<RunFacts>]>([
    ["when it never ends", { status: "running", record: [STARTED, BIND] }],
    ["when it was claimed and nothing else", { status: "claimed", record: [], notes: [], events: "" }],
    ["when its result is missing", { events: "[]" }],
    ["when its result is not what was written", { events: TEXT.replace("1.0", "1") }],
    ["when it failed without a reason", { status: "failed", error: "it fell", record: [STARTED, BIND, FAILED] }],
    ["when it was stopped and nobody asked", { status: "stopped", record: [post("/runner/runs/run_1/stopped")] }],
    ["when it succeeded although it cannot", { planned: { ...planned, behaviour: "fails" } }],
    [
      "when it was executed and its runner kept silent",
      { status: "stopped", stopAsked: true, record: [STARTED, BIND] },
    ],
  ])("%s", (_, members) => {
    expect(offencesOf(members)).toEqual(["lost"]);
  });

  it("unless something happened that excuses it", () => {
    const restarted = run({ status: "failed", error: "runner restarted", record: [STARTED, BIND, FAILED] });
    const [both, happened] = [facts([run({}), restarted]), { ...facts([]).happened, "runner killed": 1 }];
    expect(findingsIn(both).map(({ offence }) => offence)).toEqual(["lost"]);
    expect(findingsIn({ ...both, happened })).toEqual([]);
  });

  it("or too many are excused", () => {
    const refused = run({ status: "failed", error: "the runner is shutting down", record: [FAILED], notes: [] });
    expect(findingsIn(facts([run({}), refused]))).toEqual([]);
    expect(findingsIn(facts([run({}), refused, refused])).map(({ offence }) => offence)).toEqual(["runner"]);
  });

  it("unless it was to be stopped, or to fail", () => {
    const stopped = post("/runner/runs/run_1/stopped");
    expect(offencesOf({ status: "stopped", stopAsked: true, record: [STARTED, BIND, stopped] })).toEqual([]);
    const failing = { planned: { ...planned, behaviour: "fails" as const }, status: "failed", error: `bad: ${TEXT}` };
    expect(offencesOf({ ...failing, record: [STARTED, BIND, RESULT, FAILED] })).toEqual([]);
  });

  it("when its script was torn between two versions", () => {
    const scripted = { ...planned, behaviour: "scripted" as const };
    const events = (top: number, end: number) => `{"result_data":{"top": ${top}, "answer": ${TEXT}, "end": ${end}}}`;
    expect(offencesOf({ planned: scripted, events: events(3, 3) })).toEqual([]);
    expect(offencesOf({ planned: scripted, events: events(3, 4) })).toEqual(["lost"]);
  });
});

describe("a run is doubled", () => {
  it.each<[string, Partial<RunFacts>]>([
    ["when it was executed twice", { notes: [note("start", 10), note("end", 20), note("start", 30), note("end", 40)] }],
    ["when its end was reported twice", { record: [STARTED, BIND, RESULT, COMPLETED, COMPLETED] }],
    ["when two ends were reported", { record: [STARTED, BIND, RESULT, COMPLETED, FAILED] }],
    ["when its result was reported twice", { record: [STARTED, BIND, RESULT, RESULT, COMPLETED] }],
  ])("%s", (_, members) => {
    expect(offencesOf(members)).toEqual(["doubled"]);
  });
});

describe("a run is disordered", () => {
  it.each<[string, readonly RecordEntry[]]>([
    ["when its end came before its result", [STARTED, BIND, COMPLETED, RESULT]],
    ["when it was bound before it started", [BIND, STARTED, RESULT, COMPLETED]],
    ["when it was bound after its end", [STARTED, RESULT, COMPLETED, BIND]],
    ["when its start was never told", [BIND, RESULT, COMPLETED]],
    ["when it was never bound", [STARTED, RESULT, COMPLETED]],
  ])("%s", (_, record) => {
    expect([...new Set(offencesOf({ record }))]).toEqual(["disordered"]);
  });

  it("but not by binding it again in its place", () => {
    expect(offencesOf({ record: [STARTED, BIND, BIND, RESULT, COMPLETED] })).toEqual([]);
  });
});

describe("the processes", () => {
  it("survive when one was seen after the end", () => {
    expect(offencesOf({ survivors: ["process 7 lived"] })).toEqual(["survivors"]);
    expect(findingsIn({ ...facts([]), strays: ["process 8 lived"] }).map(({ offence }) => offence)).toEqual([
      "survivors",
    ]);
  });

  it("exceed the slots when too many run at once", () => {
    const third = (number: number, from: number, to: number) =>
      run({ planned: { ...planned, number, session: `chaos-${number}` }, notes: pair(`chaos-${number}`, from, to) });
    const apart = [third(1, 10, 20), third(2, 12, 30), third(3, 20, 40)];
    expect(findingsIn(facts(apart)).map(({ offence }) => offence)).toEqual([]);
    const together = [third(1, 10, 21), third(2, 12, 30), third(3, 20, 40)];
    expect(findingsIn(facts(together)).map(({ offence }) => offence)).toEqual(["slots"]);
  });

  it("count up to when they were last seen, if they were killed", () => {
    const silent = (number: number) =>
      run({
        planned: { ...planned, number, session: `chaos-${number}` },
        notes: pair(`chaos-${number}`, 10 + number, 20).slice(0, 1),
      });
    const three = facts([silent(1), silent(2), silent(3)]);
    expect(findingsIn(three)).toEqual([]);
    const lastSeen = new Map([1, 2, 3].map((number) => [`chaos-${number}`, 30]));
    expect(findingsIn({ ...three, lastSeen }).map(({ offence }) => offence)).toEqual(["slots"]);
  });

  it("of a runner must not end by themselves", () => {
    expect(findingsIn({ ...facts([]), deaths: ["runner 1 ended with 1"] }).map(({ offence }) => offence)).toEqual([
      "runner",
    ]);
  });
});

/** Of a run beside one that went well. */
function offencesOf(members: Partial<RunFacts>): string[] {
  const fine = run({ planned: { ...planned, session: "chaos-2" }, notes: pair("chaos-2", 50, 60) });
  return findingsIn(facts([run(members), fine])).map(({ offence }) => offence);
}

function run(members: Partial<RunFacts>): RunFacts {
  return {
    planned,
    id: "run_1",
    status: "completed",
    error: null,
    events: `{"events":[{"result_data":${TEXT}}]}`,
    stopAsked: false,
    record: [STARTED, BIND, RESULT, COMPLETED],
    notes: pair("chaos-1", 10, 20),
    survivors: [],
    ...members,
  };
}

function facts(runs: readonly RunFacts[]): Facts {
  return {
    runs,
    slots: 2,
    happened: {
      "runner killed": 0,
      "runner drained": 0,
      "coordinator restarted": 0,
      "disk full": 0,
      "script changed": 0,
    },
    faults: {},
    requests: 0,
    lastSeen: new Map(),
    strays: [],
    deaths: [],
    worst: {},
    seconds: 1,
  };
}

function pair(session: string, from: number, to: number): ChildNote[] {
  return [note("start", from, session), note("end", to, session)];
}

function note(type: ChildNote["type"], at: number, session = "chaos-1"): ChildNote {
  return { type, session, pid: 1, generation: 1, at };
}

function post(path: string, body: unknown = {}, status = 200): RecordEntry {
  return { at: 0, method: "POST", path, query: {}, body, status };
}
