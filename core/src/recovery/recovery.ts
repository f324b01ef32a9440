import type { CoreOptions } from "../config/core-options.ts";
import { type OpenJournal, openJournal } from "../journal/open-journal.ts";
import { makeStateDirectory, stateDirectoryOf } from "../journal/state-directory.ts";
import { END_SECONDS } from "../run/pipeline.ts";
import type { RunnerParts } from "../runner-parts.ts";
import type { Intake } from "../sources/intake.ts";
import { type Left, leftIn, recoverResources, recoverRuns } from "./recover.ts";

const NOTHING: Left = { open: [], closed: [], resources: [] };

/** What is opened beside the journal, for as long as the state directory is this runner's. */
export interface StateGuest {
  /** Never rejects. */
  open(directory: string): Promise<void>;
  /** Just before the directory is given free. Never rejects. */
  leave(): Promise<void>;
}

/** Opens a runner's journal when it first leases, and puts in order what a predecessor left there. */
export class Recovery {
  readonly #options: CoreOptions;
  readonly #parts: RunnerParts;
  readonly #guest: StateGuest;
  #opening: Promise<OpenJournal | undefined> | undefined;
  #left = NOTHING;

  constructor(options: CoreOptions, parts: RunnerParts, guest: StateGuest) {
    this.#options = options;
    this.#parts = parts;
    this.#guest = guest;
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
    await this.#guest.leave();
    this.#parts.journal.moveBack();
    await open?.end();
  }

  async #open(): Promise<OpenJournal | undefined> {
    if (this.#options.journal === "memory") return undefined;
    const { profiles, log, journal, ledger } = this.#parts;
    const directory = stateDirectoryOf(this.#options, profiles.active()?.name);
    await makeStateDirectory(directory, this.#options);
    const open = await openJournal(directory, log);
    try {
      await this.#guest.open(directory);
      this.#left = leftIn(open.journal.state);
      await journal.moveTo(open.journal);
      await recoverResources(this.#left, ledger, this.#options.graceSeconds + END_SECONDS, log);
      return open;
    } catch (thrown) {
      await this.#guest.leave();
      await open.end();
      throw thrown;
    }
  }
}
