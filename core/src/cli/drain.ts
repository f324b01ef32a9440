import { followEnd } from "../control/control-client.ts";
import { messageOf } from "../errors/leasehold-error.ts";
import { CommandError } from "../plugin/command.ts";
import type { RunnerStatus } from "../status/runner-status.ts";
import type { Call } from "./call.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { findControlDirectory } from "./find-state-directory.ts";
import { type Interrupts, listenForInterrupts } from "./interrupts.ts";
import { noRunner } from "./no-runner.ts";
import { describeStatus } from "./status-text.ts";

/** How `leasehold drain` was called. */
export interface DrainWords {
  /** Stops running work, too. */
  readonly stop: boolean;
  readonly json: boolean;
}

/** `leasehold drain`: has the runner of this configuration end, shows how far it is, and returns when it is gone. */
export async function drain(call: Call, { stop, json }: DrainWords): Promise<number> {
  const directory = await findControlDirectory(call);
  const interrupts = listenForInterrupts();
  try {
    const statuses = await follow(directory, stop ? "stop" : "drain", interrupts.first);
    const last = await show(call, statuses, json);
    return conclude(call, last, interrupts, json);
  } finally {
    interrupts.dispose();
  }
}

async function follow(directory: string, act: "drain" | "stop", signal: AbortSignal) {
  try {
    const statuses = await followEnd(directory, act, signal);
    if (statuses) return statuses;
  } catch (thrown) {
    throw new CommandError(
      `the runner that works with ${directory} could not be asked to end: ${messageOf(thrown)}`,
      "End it with SIGTERM; a second one stops its work.",
      { cause: thrown },
    );
  }
  throw await noRunner(directory);
}

/** One line whenever it reads differently. */
async function show({ terminal }: Call, statuses: AsyncIterable<RunnerStatus>, json: boolean) {
  let last: RunnerStatus | undefined;
  let line = "";
  for await (const status of statuses) {
    last = status;
    const text = json ? JSON.stringify(status) : describeStatus(status);
    if (text !== line) terminal.stdout.write(`${text}\n`);
    line = text;
  }
  return last;
}

function conclude({ terminal }: Call, last: RunnerStatus | undefined, interrupts: Interrupts, json: boolean): number {
  if (last?.phase === "ended") {
    const owed = last.sources.reduce((sum, source) => sum + source.owed, 0);
    if (owed > 0 && !json)
      terminal.stdout.write(`Reports of ${owed} runs are owed still; the next start delivers them.\n`);
    return EXIT_CODES.ENDED.code;
  }
  const interrupt = interrupts.received();
  if (interrupt) {
    terminal.stderr.write("leasehold: this call ends; the runner goes on draining\n");
    return EXIT_CODES[interrupt].code;
  }
  throw new CommandError(
    "the runner was gone before it had ended in order",
    "leasehold journal ls shows what it left; the next start recovers it.",
  );
}
