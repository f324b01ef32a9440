import type { RecordEntry } from "@leasehold/embedded-coordinator";
import { targetOf } from "./endpoints.ts";
import type { Facts, RunFacts } from "./facts.ts";
import { isIntact } from "./results.ts";
import type { Offence } from "./runner/mutations.ts";

/** A promise that was broken. */
export interface Finding {
  readonly offence: Offence | "slots" | "runner";
  /** The run that it happened to, where it was one. */
  readonly run?: RunFacts;
  readonly text: string;
}

/** Everything that is wrong with what happened; nothing when all promises were kept. */
export function findingsIn(facts: Facts): Finding[] {
  return [
    ...facts.runs.flatMap((run) => findingsOf(run, facts)),
    ...facts.strays.map((text) => ({ offence: "survivors" as const, text })),
    ...exceededSlots(facts).map((text) => ({ offence: "slots" as const, text })),
    ...[...facts.deaths, ...poorYield(facts)].map((text) => ({ offence: "runner" as const, text })),
  ];
}

/** Excuses are for some: a runner that fails everything with a good reason keeps no promise. */
function poorYield({ runs }: Facts): string[] {
  const ended = runs.filter((run) => run.status === "completed" || isExpectedEnd(run)).length;
  return ended >= runs.length / 2
    ? []
    : [`only ${ended} of ${runs.length} runs came through; the others failed with an excuse`];
}

function findingsOf(run: RunFacts, facts: Facts): Finding[] {
  const as = (offence: Offence, texts: readonly string[]) => texts.map((text) => ({ offence, run, text }));
  return [
    ...as("lost", losses(run, facts)),
    ...as("doubled", doublings(run)),
    ...as("disordered", disorders(run)),
    ...as("survivors", run.survivors),
  ];
}

/** A run is lost when it does not end, ends otherwise than its process did, or nobody has reported its end. */
function losses(run: RunFacts, facts: Facts): string[] {
  const { status, error } = run;
  if (!["completed", "failed", "stopped"].includes(status)) return [`it is ${status} and will stay so`];
  if (status === "completed") return completionFaults(run);
  const reported = taken(run, "end").length > 0;
  const unreported =
    executions(run) > 0 && !reported ? ["it was executed, and its runner never reported how it ended"] : [];
  if (isExpectedEnd(run) || isExcused(run, facts)) return unreported;
  return [`it is ${status} without a reason: ${error ?? "no error"}`, ...unreported];
}

function completionFaults(run: RunFacts): string[] {
  const { behaviour } = run.planned;
  if (behaviour === "fails" || behaviour === "stubborn" || behaviour === "lasting")
    return [`it is completed, and its process never succeeds`];
  return isIntact(run.planned, run.events) ? [] : ["its result did not arrive as its process wrote it"];
}

/** Ends that the run was made for. */
function isExpectedEnd({ planned, status, error, stopAsked }: RunFacts): boolean {
  if (status === "stopped") return stopAsked;
  if (planned.behaviour === "fails") return error?.includes(planned.text) ?? false;
  return planned.behaviour === "stubborn" && /timed out/.test(error ?? "");
}

/** Ends that are nobody's fault when certain things have happened; the runner has to say which. */
function isExcused(run: RunFacts, { happened }: Facts): boolean {
  const { status, error } = run;
  if (status === "stopped") return happened["runner drained"] > 0;
  const killed = happened["runner killed"] > 0 && error === "runner restarted";
  return killed || (executions(run) === 0 && UNEXECUTED.some((why) => why.test(error ?? "")));
}

/** Why a run may fail that no process was ever started for. */
const UNEXECUTED = [/the answer that held it was lost/, /journal/, /shutting down/, /Runner disconnected/];

function doublings(run: RunFacts): string[] {
  const counts = {
    "it was executed": executions(run),
    "its end was reported": taken(run, "end").length,
    "its result was reported": results(run).length,
  };
  return Object.entries(counts).flatMap(([what, count]) => (count > 1 ? [`${what} ${count} times`] : []));
}

/** Started, bound, told of, ended: each before the next. A repeated bind changes nothing and does not count. */
function disorders(run: RunFacts): string[] {
  const ranks = { started: 0, bind: 1, event: 2, end: 3 } as const;
  const steps = run.record.filter(isTaken).flatMap(({ method, path }) => {
    const { endpoint } = targetOf(method, path);
    return endpoint in ranks ? [endpoint as keyof typeof ranks] : [];
  });
  const faults = steps.slice(1).flatMap((step, index) => {
    const before = steps[index] as keyof typeof ranks;
    return ranks[before] > ranks[step] ? [`"${step}" was reported after "${before}"`] : [];
  });
  const missing =
    run.status === "completed" ? (["started", "bind"] as const).filter((step) => !steps.includes(step)) : [];
  return [...faults, ...missing.map((step) => `it is completed, and "${step}" was never reported`)];
}

function exceededSlots({ runs, slots, lastSeen }: Facts): string[] {
  const changes = runs.flatMap(({ notes }) => {
    const start = notes.find(({ type }) => type === "start");
    const end = notes.find(({ type }) => type === "end")?.at ?? (start && lastSeen.get(start.session));
    if (!start || end === undefined || end <= start.at) return [];
    const { generation, session } = start;
    return [
      { at: start.at, by: 1, generation, session },
      { at: end, by: -1, generation, session },
    ];
  });
  const faults: string[] = [];
  const running = new Map<number, number>();
  for (const { by, generation, session } of changes.sort((one, other) => one.at - other.at || one.by - other.by)) {
    const now = (running.get(generation) ?? 0) + by;
    running.set(generation, now);
    if (by > 0 && now > slots) faults.push(`${session} was started as number ${now} with ${slots} slots`);
  }
  return faults;
}

function executions({ notes }: RunFacts): number {
  return notes.filter(({ type }) => type === "start").length;
}

function taken({ record }: RunFacts, wanted: "end"): RecordEntry[] {
  return record.filter((entry) => isTaken(entry) && targetOf(entry.method, entry.path).endpoint === wanted);
}

function results({ record }: RunFacts): RecordEntry[] {
  const isResult = (body: unknown) => (body as { event_type?: unknown } | undefined)?.event_type === "result";
  return record.filter((entry) => isTaken(entry) && entry.path.endsWith("/events") && isResult(entry.body));
}

/** Answered as done, whatever became of the answer. */
function isTaken({ method, status }: RecordEntry): boolean {
  return method === "POST" && status >= 200 && status < 300;
}
