import { fileURLToPath } from "node:url";
import { failed, jsonResult, type Outcome, type ProcessLauncher, type Run, succeeded, textResult } from "leasehold";

/** The program that queries; beside this file, compiled or not. */
const PROGRAM = fileURLToPath(new URL(import.meta.url.endsWith(".ts") ? "./query.ts" : "./query.js", import.meta.url));

/** Runs a query in a process of its own; the launcher ends it when the run is told to end. */
export async function executeQuery(
  run: Run,
  file: string,
  database: string,
  launcher: ProcessLauncher,
): Promise<Outcome> {
  const child = await launcher.launch(run, {
    file: process.execPath,
    args: ["--disable-warning=ExperimentalWarning", PROGRAM, file, database],
    cwd: run.projectDir,
    env: {},
    stdin: "pipe",
    outputBytes: run.limits.outputBytes,
    graceSeconds: run.limits.graceSeconds,
    signal: run.signal,
  });
  // A program that has ended already reads nothing; its exit says why.
  await child.write(run.parametersText).catch(() => undefined);
  child.closeInput();
  const { code, stdout, stderr } = await child.exit;
  run.signal.throwIfAborted();
  if (code !== 0)
    return failed({ code: "QUERY_FAILED", message: stderr.text.trim() || `the query ended with ${code}` });
  if (stdout.droppedBytes === 0) return succeeded(jsonResult(stdout.text));
  return succeeded(textResult(stdout.text), { truncated: { stdout: stdout.droppedBytes } });
}
