import { openDatabase } from "./database.ts";
import type { AgentRow, EventRow, RunRow, ScriptRow, SessionRow } from "./rows.ts";
import { openTable, type Table } from "./table.ts";

/** Everything that survives a restart of the coordinator. */
export type Store = {
  readonly sessions: Table<SessionRow>;
  readonly runs: Table<RunRow>;
  readonly events: Table<EventRow>;
  readonly agents: Table<AgentRow>;
  readonly scripts: Table<ScriptRow>;
  /** Applies all writes of `change` or, when it throws, none. A change inside a change joins the outer one. */
  atomically<T>(change: () => T): T;
  close(): void;
};

/** Opens the store on a SQLite file or `:memory:`; throws as `openDatabase` does. */
export function openStore(data: string): Store {
  const database = openDatabase(data);
  const [begin, commit] = [database.prepare("BEGIN IMMEDIATE"), database.prepare("COMMIT")];
  return {
    sessions: openTable<SessionRow>(database, "sessions", "session_id"),
    runs: openTable<RunRow>(database, "runs", "run_id"),
    events: openTable<EventRow>(database, "events", "id"),
    agents: openTable<AgentRow>(database, "agents", "name"),
    scripts: openTable<ScriptRow>(database, "scripts", "name"),
    atomically(change) {
      if (database.isTransaction) return change();
      begin.run();
      try {
        const result = change();
        commit.run();
        return result;
      } catch (error) {
        database.exec("ROLLBACK");
        throw error;
      }
    },
    close: () => database.close(),
  };
}
