import { LeaseholdError } from "../errors/leasehold-error.ts";
import { didYouMean } from "../errors/nearest.ts";
import { openJournal } from "../journal/open-journal.ts";
import { deleteDamaged, readJournalIn } from "../journal/read-file.ts";
import { type Call, loggerFor, resolve, withRunner } from "./call.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { findStateDirectory } from "./find-state-directory.ts";
import { listenForInterrupts } from "./interrupts.ts";
import { describeJournal, describeRun, listJournal, showRun } from "./journal-text.ts";
import { UsageFault } from "./report.ts";

const ACTS: Readonly<Record<string, (call: Call, run: string | undefined, json: boolean) => Promise<number>>> = {
  ls,
  show,
  replay,
  prune,
};

/** `leasehold journal ls | show <run> | replay | prune [run]`. Answers the exit code. */
export async function journal(call: Call, [act = "", run]: readonly string[], json: boolean): Promise<number> {
  const names = Object.keys(ACTS);
  const chosen = Object.hasOwn(ACTS, act) ? ACTS[act] : undefined;
  if (!chosen) throw new UsageFault(`journal knows ${names.join(", ")}, not "${act}"${didYouMean(act, names)}`, []);
  return chosen(call, run, json);
}

async function ls(call: Call, _run: string | undefined, json: boolean): Promise<number> {
  const directory = await findStateDirectory(call);
  const listed = listJournal(directory, (await readJournalIn(directory)).state);
  return say(call, json ? listed : describeJournal(listed));
}

async function show(call: Call, run: string | undefined, json: boolean): Promise<number> {
  const directory = await findStateDirectory(call);
  const { state } = await readJournalIn(directory);
  const shown = showRun(run ?? "", state);
  if (shown.length === 0) throw unknownRun(run, directory);
  return say(call, json ? shown : shown.map(describeRun).join("\n"));
}

/** Exit code 1 where something is still owed: the call was interrupted, or a plugin is missing. */
async function replay(call: Call, _run: string | undefined, json: boolean): Promise<number> {
  const interrupts = listenForInterrupts();
  try {
    const replayed = await withRunner(call, (runner) =>
      runner.replay({ drain: interrupts.first, stop: interrupts.second }),
    );
    const { owed, left } = replayed;
    say(call, json ? replayed : `Reports of ${owed} runs were owed; those of ${left} still are.\n`);
    return left === 0 ? EXIT_CODES.ENDED.code : EXIT_CODES.FAULT.code;
  } finally {
    interrupts.dispose();
  }
}

async function prune(call: Call, run: string | undefined, json: boolean): Promise<number> {
  const directory = await findStateDirectory(call);
  await readJournalIn(directory);
  const { journal, end } = await openJournal(directory, loggerFor(call, await resolve(call)));
  try {
    const { open, closed } = journal.state;
    const meant = [...closed.values(), ...(run === undefined ? [] : open.values())].map(({ lease }) => lease);
    const forgotten = meant.filter((lease) => run === undefined || lease.run === run);
    if (run !== undefined && forgotten.length === 0) throw unknownRun(run, directory);
    for (const lease of forgotten) await journal.forget(lease);
    const deleted = run === undefined ? await deleteDamaged(directory) : [];
    const runs = forgotten.map((lease) => lease.run);
    return say(
      call,
      json ? { runs, deleted } : `Forgot ${runs.length} runs, deleted ${deleted.length} damaged files.\n`,
    );
  } finally {
    await end();
  }
}

function unknownRun(run: string | undefined, directory: string): UsageFault {
  const fault = new LeaseholdError("JOURNAL_RUN_UNKNOWN", { run: run ?? "", directory });
  return new UsageFault("nothing was done", [fault]);
}

function say({ terminal }: Call, answer: string | object): number {
  terminal.stdout.write(typeof answer === "string" ? answer : `${JSON.stringify(answer, null, 2)}\n`);
  return EXIT_CODES.ENDED.code;
}
