import { createHash, randomUUID } from "node:crypto";
import { hostname } from "node:os";

/** Versions carry who installed them, so that nobody deletes what another runner in the same directory still uses. */
const HOST = createHash("sha256").update(hostname()).digest("hex").slice(0, 8);
/** Distinguishes a process from an earlier one with the same id, as in containers. */
const BORN = Math.round(performance.timeOrigin).toString(36);

/** A fresh id: host, process, its birth, and a number of its own. */
export function newVersionId(): string {
  return [HOST, process.pid, BORN, randomUUID().slice(0, 8)].join("-");
}

/** Whether whoever made this id may still work with it. Of other hosts nothing is known, so they may. */
export function isInstallerAlive(id: string): boolean {
  const [host, pid, born] = id.split("-");
  if (host !== HOST || born === undefined) return true;
  if (Number(pid) === process.pid) return born === BORN;
  return isProcess(Number(pid));
}

function isProcess(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === "EPERM";
  }
}

export function isOfThisHost(id: string): boolean {
  return id.startsWith(`${HOST}-`);
}
