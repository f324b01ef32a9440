type Text = string | null;

/** A stored session: the columns are the fields on the wire (protocol §1.3). */
export type SessionRow = {
  session_id: string;
  status: string;
  created_at: string;
  project_dir: Text;
  agent_name: Text;
  last_resumed_at: Text;
  parent_session_id: Text;
  executor_session_id: Text;
  executor_profile: Text;
  hostname: Text;
};

/** The states a run goes through (protocol §1.2). */
export type RunStatus = "pending" | "claimed" | "running" | "stopping" | "completed" | "failed" | "stopped";

/** A stored run. `parameters`, `scope` and `demands` hold JSON text; `seq` gives the order of creation. */
export type RunRow = {
  seq: number;
  run_id: string;
  type: "start_session" | "resume_session";
  session_id: string;
  agent_name: Text;
  parameters: string;
  project_dir: Text;
  parent_session_id: Text;
  execution_mode: string;
  demands: Text;
  status: RunStatus;
  runner_id: Text;
  error: Text;
  created_at: string;
  claimed_at: Text;
  started_at: Text;
  completed_at: Text;
  timeout_at: Text;
  scope: Text;
  /** The terminal report that settled the run, as text; null while open or when the coordinator settled it. */
  settled_by: Text;
};

/** A stored event; `tool_input`, `tool_output`, `content` and `result_data` hold JSON text. */
export type EventRow = {
  id: number;
  session_id: string;
  event_type: string;
  timestamp: string;
  tool_name: Text;
  tool_input: Text;
  tool_output: Text;
  error: Text;
  exit_code: number | null;
  reason: Text;
  role: Text;
  content: Text;
  result_text: Text;
  result_data: Text;
};

/** A stored agent of the coordinator's own; `definition` holds everything but name and times as JSON text. */
export type AgentRow = { name: string; definition: string; created_at: string; modified_at: string };

/** A stored script; `parameters_schema` and `demands` hold JSON text. */
export type ScriptRow = {
  name: string;
  description: string;
  script_file: string;
  script_content: string;
  parameters_schema: Text;
  demands: Text;
  created_at: string;
  modified_at: string;
};
