import { DatabaseSync } from "node:sqlite";

const SCHEMA_VERSION = 1;

const SCHEMA = `
  CREATE TABLE sessions (
    session_id TEXT PRIMARY KEY, status TEXT NOT NULL, created_at TEXT NOT NULL, project_dir TEXT, agent_name TEXT,
    last_resumed_at TEXT, parent_session_id TEXT, executor_session_id TEXT, executor_profile TEXT, hostname TEXT
  ) STRICT;
  CREATE TABLE runs (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, run_id TEXT NOT NULL UNIQUE, type TEXT NOT NULL, session_id TEXT NOT NULL,
    agent_name TEXT, parameters TEXT NOT NULL, project_dir TEXT, parent_session_id TEXT, execution_mode TEXT NOT NULL,
    demands TEXT, status TEXT NOT NULL, runner_id TEXT, error TEXT, created_at TEXT NOT NULL, claimed_at TEXT,
    started_at TEXT, completed_at TEXT, timeout_at TEXT, scope TEXT, settled_by TEXT
  ) STRICT;
  CREATE INDEX runs_by_status ON runs (status, seq);
  CREATE INDEX runs_by_session ON runs (session_id, seq);
  CREATE TABLE events (
    id INTEGER PRIMARY KEY AUTOINCREMENT, session_id TEXT NOT NULL, event_type TEXT NOT NULL, timestamp TEXT NOT NULL,
    tool_name TEXT, tool_input TEXT, tool_output TEXT, error TEXT, exit_code INTEGER, reason TEXT, role TEXT,
    content TEXT, result_text TEXT, result_data TEXT
  ) STRICT;
  CREATE INDEX events_by_session ON events (session_id, timestamp, id);
  CREATE TABLE agents (
    name TEXT PRIMARY KEY, definition TEXT NOT NULL, created_at TEXT NOT NULL, modified_at TEXT NOT NULL
  ) STRICT;
  CREATE TABLE scripts (
    name TEXT PRIMARY KEY, description TEXT NOT NULL, script_file TEXT NOT NULL, script_content TEXT NOT NULL,
    parameters_schema TEXT, demands TEXT, created_at TEXT NOT NULL, modified_at TEXT NOT NULL
  ) STRICT;
  PRAGMA user_version = ${SCHEMA_VERSION};
`;

/**
 * Opens the coordinator's SQLite database, creating its tables if the file is new.
 * Throws when the file cannot be opened, belongs to something else, or is in use by another coordinator.
 */
export function openDatabase(data: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(data);
    // Two coordinators on one file would hand the same run out twice; SQLite's own lock ends with the process.
    database.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;");
    prepareSchema(database);
    return database;
  } catch (cause) {
    database?.close();
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(
      `The embedded coordinator cannot use "${data}" as its data file: ${reason}. Name a file that no other coordinator has open, a new file in an existing directory, or :memory:.`,
      { cause },
    );
  }
}

function prepareSchema(database: DatabaseSync): void {
  const version = database.prepare("PRAGMA user_version").get()?.["user_version"];
  if (version === SCHEMA_VERSION) {
    // Takes the lock now, so that a second coordinator fails at its start and not at its first write.
    database.exec("BEGIN IMMEDIATE; COMMIT;");
    return;
  }
  const tables = database.prepare("SELECT count(*) AS count FROM sqlite_schema").get()?.["count"];
  if (version !== 0 || tables !== 0) {
    throw new Error(`it holds another schema (version ${version}, expected ${SCHEMA_VERSION})`);
  }
  database.exec(`BEGIN IMMEDIATE; ${SCHEMA} COMMIT;`);
}
