import { stat } from "node:fs/promises";
import { messageOf } from "../../errors/leasehold-error.ts";
import { findCopies } from "../../plugin/copies.ts";
import type { Plugin } from "../../plugin/plugin.ts";
import { type Finding, failuresOf } from "./finding.ts";
import { tryToWrite } from "./try-to-write.ts";

/** The oldest Node that Leasehold runs on. */
const OLDEST = [22, 19] as const;

/** Whether this Node is new enough. */
export function checkNode(version = process.versions.node): Finding {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const check = "Node";
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return { check, ok: true, detail: version };
  const wanted = OLDEST.join(".");
  return { check, ok: false, problem: `this is Node ${version}`, fix: `Install Node ${wanted} or later.` };
}

/** Whether all plugins were made by this copy of the core. */
export function checkCopies(plugins: readonly Plugin[], loaded?: readonly string[]): Finding[] {
  const check = "core copies";
  const faults = findCopies(plugins, loaded);
  return faults.length === 0
    ? [{ check, ok: true, detail: "one" }]
    : faults.flatMap((fault) => failuresOf(check, fault));
}

/** Whether runs can write where they work: tried, for permissions alone do not tell of read-only file systems. */
export async function checkProjectDirectory(directory: string): Promise<Finding> {
  const check = "project directory";
  const fix = `Create ${directory}, let this user write there, or name another with --project-dir or PROJECT_DIR.`;
  try {
    if (!(await stat(directory)).isDirectory()) throw new Error(`${directory} is no directory`);
    await tryToWrite(directory);
    return { check, ok: true, detail: directory };
  } catch (error) {
    return { check, ok: false, problem: messageOf(error), fix };
  }
}
