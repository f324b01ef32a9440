import { mkdtemp, readdir, readFile, readlink, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmbeddedCoordinator } from "@leasehold/embedded-coordinator";
import { expect, it, onTestFinished } from "vitest";
import { Leasehold } from "./leasehold.ts";
import { pidsIn } from "./processes.ts";

it("a runner at work listens on no port (AOF-D9)", async () => {
  const directory = await mkdtemp(join(tmpdir(), "leasehold-doors-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  const coordinator = await startEmbeddedCoordinator({ port: 0, pollTimeoutSeconds: 2 });
  onTestFinished(() => coordinator.close());
  const variables = { AGENT_ORCHESTRATOR_API_URL: coordinator.url, PROFILE: "misbehaving", PROJECT_DIR: directory };
  const runner = new Leasehold(["start"], { env: variables });
  onTestFinished(() => runner.dispose());
  await runner.said("registered at");
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ type: "start_session", agent_name: "lasting", parameters: {} });
  const answer = await fetch(`${coordinator.url}/runs`, { method: "POST", headers, body });
  const { session_id } = (await answer.json()) as { session_id: string };
  await pidsIn(join(directory, `${session_id}.pids`));
  // This process listens, for the coordinator is in it: the look would find a port.
  expect(await portsOf(process.pid)).toEqual([coordinator.port]);
  expect(await portsOf(runner.child.pid ?? 0)).toEqual([]);
});

/** The TCP ports that a process listens on. */
async function portsOf(pid: number): Promise<number[]> {
  const descriptors = await readdir(`/proc/${pid}/fd`);
  const targets = await Promise.all(descriptors.map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => "")));
  const tables = ["tcp", "tcp6"].map((table) => readFile(`/proc/${pid}/net/${table}`, "latin1").catch(() => ""));
  const sockets = (await Promise.all(tables)).flatMap((table) => table.trim().split("\n").slice(1));
  return sockets.flatMap((line) => {
    const [, local = "", , state, , , , , , inode] = line.trim().split(/\s+/);
    const isListening = state === "0A" && targets.includes(`socket:[${inode}]`);
    return isListening ? [Number.parseInt(local.split(":")[1] ?? "", 16)] : [];
  });
}
