import type { JournalState, LeaseState } from "../journal/journal-state.ts";
import type { OwnerRef, Resource } from "../run/resource.ts";

/** A run in one line of `leasehold journal ls`. */
interface ListedRun {
  readonly run: string;
  readonly source: string;
  readonly session: string;
  /** `unfinished`, or how it was settled. */
  readonly status: string;
  /** Reports that the source has not taken yet. */
  readonly owed: number;
}

/** What `leasehold journal ls` tells. */
export interface ListedJournal {
  readonly directory: string;
  readonly runs: readonly ListedRun[];
  readonly resources: readonly { readonly kind: string; readonly id: string; readonly owner: string }[];
  /** Delivered runs that are remembered. */
  readonly delivered: number;
}

/** What `leasehold journal show` tells. */
export type ShownRun = ReturnType<typeof showLease>;

/** Longer reports are cut on a terminal; `--json` has them whole. */
const LONGEST_BODY = 200;

export function listJournal(directory: string, { open, closed, resources }: JournalState): ListedJournal {
  return {
    directory,
    runs: [...open.values()].map(listed),
    resources: [...resources.values()].map(({ kind, id, owner }) => ({ kind, id, owner: nameOf(owner) })),
    delivered: closed.size,
  };
}

export function describeJournal({ directory, runs, resources, delivered }: ListedJournal): string {
  const rows = runs.map(({ run, source, session, status, owed }) => [run, source, session, status, `${owed} owed`]);
  const alive = resources.map(({ kind, id, owner }) => [kind, id, owner]);
  const sum = `${runs.length} runs, ${resources.length} resources; ${delivered} delivered runs are remembered`;
  return `${[directory, ...columns(rows), ...columns(alive), sum].join("\n")}\n`;
}

/** Everything of a run's name, whichever source it came from. */
export function showRun(run: string, { open, closed, resources }: JournalState) {
  return [...open.values(), ...closed.values()]
    .filter(({ lease }) => lease.run === run)
    .map((state) => showLease(state, [...resources.values()]));
}

export function describeRun({ ref, error, reports, resources, ...run }: ShownRun): string {
  const lines = [
    `${run.run}  ${run.source}  ${run.session}  ${run.status}`,
    ...(error ? [`  error  ${error.message} [${error.code}]`] : []),
    `  ref  ${JSON.stringify(ref)}`,
    ...reports.map(({ sequence, body }) => `  owed ${sequence}  ${cut(JSON.stringify(body))}`),
    ...resources.map(({ kind, id, data }) => `  ${kind} ${id}  ${JSON.stringify(data)}`),
  ];
  return `${lines.join("\n")}\n`;
}

function showLease(state: LeaseState, resources: readonly Resource[]) {
  const { lease, owed, settled } = state;
  const isOwn = ({ owner }: Resource) =>
    owner.type === "run" && owner.run === lease.run && owner.source === lease.source;
  return {
    ...listed(state),
    ref: lease.ref,
    error: settled?.error ?? null,
    reports: [...owed.values()].map(({ sequence, body }) => ({ sequence, body })),
    resources: resources.filter(isOwn).map(({ kind, id, data }) => ({ kind, id, data })),
  };
}

function listed({ lease: { run, source, session }, owed, settled }: LeaseState): ListedRun {
  return { run, source, session, status: settled?.status ?? "unfinished", owed: owed.size };
}

function nameOf(owner: OwnerRef): string {
  if (owner.type === "run") return `run ${owner.run}`;
  return owner.type === "session" ? `session ${owner.session}` : `plugin ${owner.plugin}`;
}

function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd());
}

function cut(text: string): string {
  return text.length <= LONGEST_BODY ? text : `${text.slice(0, LONGEST_BODY)}… (${text.length} characters)`;
}
