import type { RunRef } from "./lease.ts";
import type { Report } from "./reports.ts";
import { wellFormed } from "./well-formed.ts";

export interface RequestOf {
  readonly path: string;
  /** JSON text. */
  readonly body: string;
}

/** The request that delivers a report (protocol §2.3, §2.4). `runnerId` is the current one: any registered runner may report. */
export function requestOf(
  ref: RunRef,
  report: Report,
  runnerId: string,
  runner: { readonly hostname: string; readonly executorProfile: string },
): RequestOf {
  const ofRun = (members: object) => ({
    path: `/runner/runs/${encodeURIComponent(ref.run)}/${report.type}`,
    body: wellFormed(JSON.stringify({ runner_id: runnerId, ...members })),
  });
  const ofSession = (endpoint: string, body: string) => ({
    path: `/sessions/${encodeURIComponent(ref.session)}/${endpoint}`,
    body,
  });
  switch (report.type) {
    case "started":
      return ofRun({});
    case "bind":
      return ofSession("bind", JSON.stringify(bindingOf(ref, runner)));
    case "event":
    case "result":
      return ofSession("events", report.body);
    case "completed":
      return ofRun({ status: "success", session_status: report.session_status });
    case "failed":
      return ofRun({ error: report.error });
    case "stopped":
      return ofRun({ signal: report.signal });
  }
}

/** What a session is bound to (protocol §11). */
export function executorSessionOf({ session }: RunRef): string {
  return `proc_${session}`;
}

/** `project_dir` stays out, as it stays out of the reference's: a value would overwrite the session's. */
function bindingOf(ref: RunRef, runner: { readonly hostname: string; readonly executorProfile: string }): object {
  return {
    executor_session_id: executorSessionOf(ref),
    hostname: runner.hostname,
    executor_profile: runner.executorProfile,
  };
}
