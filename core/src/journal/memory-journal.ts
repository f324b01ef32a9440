import { JournalState } from "./journal-state.ts";
import { KeepingJournal } from "./keeping-journal.ts";
import type { JournalRecord } from "./record.ts";

/** A journal that lasts as long as its process. */
export class MemoryJournal extends KeepingJournal {
  readonly state = new JournalState();

  protected async keep(record: JournalRecord): Promise<void> {
    this.state.apply(record);
  }
}
