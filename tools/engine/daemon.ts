import { spawn } from "node:child_process";
import { mkdir, open, readFile, rm, writeFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import type { Say } from "../engine.ts";
import { answers, OWN_SOCKET } from "./connection.ts";

const RUN = "/run/leasehold-engine";
const STATE = "/var/lib/leasehold-engine";
/** Pid and start time of the daemon that this tool started; written by nobody else. */
const RECORD = `${RUN}/started`;
const START_SECONDS = 60;
const STOP_SECONDS = 60;

/** Starts a Docker daemon with directories of its own and answers its host once it serves. */
export async function startDaemon(say: Say): Promise<string> {
  const host = `unix://${OWN_SOCKET}`;
  await mkdir(RUN, { recursive: true });
  await mkdir(STATE, { recursive: true });
  await removeStalePids();
  say("starting dockerd");
  const pid = await launch(host);
  await writeFile(RECORD, `${pid} ${await startTimeOf(pid)}\n`);
  await untilItAnswers(host, pid);
  return host;
}

/** Ends the daemon that `startDaemon` started, and nothing else. */
export async function stopDaemon(say: Say): Promise<void> {
  const [pid = 0, startTime] = (await textOf(RECORD)).split(/\s+/).map(Number);
  if (!pid || (await startTimeOf(pid)) !== startTime) {
    await rm(RECORD, { force: true });
    say("nothing to stop: this tool started no engine that still runs");
    return;
  }
  process.kill(pid, "SIGTERM");
  for (let waited = 0; (await startTimeOf(pid)) === startTime; waited += 0.1) {
    if (waited > STOP_SECONDS) throw new Error(`dockerd (pid ${pid}) did not end within ${STOP_SECONDS} s`);
    await pause(100);
  }
  await rm(RECORD, { force: true });
  say(`stopped dockerd (pid ${pid}); its images are kept in ${STATE}`);
}

async function launch(host: string): Promise<number> {
  const log = await open(`${STATE}/dockerd.log`, "a");
  const places = ["--data-root", `${STATE}/data`, "--exec-root", `${RUN}/exec`, "--pidfile", `${RUN}/docker.pid`];
  const daemon = spawn("dockerd", ["--host", host, ...places], {
    detached: true,
    stdio: ["ignore", log.fd, log.fd],
    env: { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` },
  });
  await new Promise<void>((started, failed) => daemon.once("spawn", started).once("error", failed));
  daemon.unref();
  await log.close();
  return daemon.pid!;
}

/** A pid file whose number now belongs to another process would block the start for ever. */
async function removeStalePids(): Promise<void> {
  const files = { dockerd: `${RUN}/docker.pid`, containerd: `${RUN}/exec/containerd/containerd.pid` };
  for (const [name, file] of Object.entries(files)) {
    const pid = Number(await textOf(file));
    if (!pid || (await textOf(`/proc/${pid}/comm`)).trim() !== name) await rm(file, { force: true });
  }
}

async function untilItAnswers(host: string, pid: number): Promise<void> {
  for (let waited = 0; waited < START_SECONDS; waited += 0.1) {
    if (await answers(host)) return;
    if ((await startTimeOf(pid)) === undefined) break;
    await pause(100);
  }
  const log = (await textOf(`${STATE}/dockerd.log`)).trim().split("\n").slice(-12).join("\n");
  throw new Error(`dockerd does not serve; the end of ${STATE}/dockerd.log:\n${log}`);
}

/** In clock ticks since the machine's start: with the pid it names one process for good. Nothing for a zombie. */
async function startTimeOf(pid: number): Promise<number | undefined> {
  const fields = (await textOf(`/proc/${pid}/stat`)).split(") ").at(-1)?.split(" ") ?? [];
  return fields[0] === "Z" || fields[19] === undefined ? undefined : Number(fields[19]);
}

async function textOf(file: string): Promise<string> {
  return readFile(file, "utf8").catch(() => "");
}
