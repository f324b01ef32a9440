import type { CoreOptions } from "../config/core-options.ts";
import { type OpenJournal, openJournal } from "../journal/open-journal.ts";
import { makeStateDirectory, stateDirectoryOf } from "../journal/state-directory.ts";
import { END_SECONDS } from "../run/pipeline.ts";
import type { RunnerParts } from "../runner-parts.ts";
import type { Intake } from "../sources/intake.ts";
import { type Left, leftIn, recoverResources, recoverRuns } from "./recover.ts";

const NOTHING: Left = { open: [], closed: [], resources: [] };

/** Opens a runner's journal when it first leases, and puts in order what a predecessor left there. */
export class Recovery {
  readonly #options: CoreOptions;
  readonly #parts: RunnerParts;
  #opening: Promise<OpenJournal | undefined> | undefined;
  #left = NOTHING;

  constructor(options: CoreOptions, parts: RunnerParts) {
    this.#options = options;
    this.#parts = parts;
  }

  /** Recovers a predecessor's resources and runs; answers how many runs are owed. To be called before sources start. */
  async runs(intakes: readonly Intake[]): Promise<number> {
    this.#opening ??= this.#open();
    await this.#opening;
    const left = this.#left;
    this.#left = NOTHING;
    await recoverRuns(left, intakes, this.#parts.log);
    return left.open.length;
  }

  /** Writes what is in line, and lets another runner have the state directory. */
  async end(): Promise<void> {
    const open = await this.#opening?.catch(() => undefined);
    this.#opening = undefined;
    this.#parts.journal.moveBack();
    await open?.end();
  }

  async #open(): Promise<OpenJournal | undefined> {
    if (this.#options.journal === "memory") return undefined;
    const { profiles, log, journal, ledger } = this.#parts;
    const directory = stateDirectoryOf(this.#options, profiles.active()?.name);
    await makeStateDirectory(directory, this.#options);
    const open = await openJournal(directory, log);
    this.#left = leftIn(open.journal.state);
    await journal.moveTo(open.journal);
    await recoverResources(this.#left, ledger, this.#options.graceSeconds + END_SECONDS, log);
    return open;
  }
}
