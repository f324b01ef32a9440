import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomBytes, randomInt } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import Docker from "dockerode";
import { onTestFinished } from "vitest";
import { IMAGE, image } from "../agents/pool.ts";
import { engine } from "../engine.ts";

/** A Docker daemon of the test's own, which it may stop and start; the one that others use goes on. */
export interface PrivateEngine {
  readonly docker: Docker;
  readonly host: string;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Ends the daemon without a word. Its containers run on until its next start ends them. */
  kill(): Promise<void>;
  /** Makes a network for agents, with addresses that nobody else takes. */
  network(name: string): Promise<void>;
}

const run = promisify(execFile);
const ip = async (...argv: string[]) => void (await run("ip", argv));

/** Starts a daemon with the image of the test agents. It is stopped, and its directory deleted, after the test. */
export async function privateEngine(): Promise<PrivateEngine> {
  const directory = await mkdtemp(join(tmpdir(), "lh-engine-"));
  const socketPath = join(directory, "docker.sock");
  const docker = new Docker({ socketPath });
  const bridge = `lh${randomBytes(4).toString("hex")}`;
  const agentBridge = `${bridge}a`;
  // Each worker of the tests has addresses of its own, for two engines may live at once.
  const block = `10.${212 + Number(process.env["VITEST_POOL_ID"] ?? 1)}`;
  const subnet = `${block}.${randomInt(1, 255)}`;
  let daemon: ChildProcess | undefined;
  const start = async () => {
    daemon = launch(directory, socketPath, bridge);
    await answering(docker, daemon);
  };
  const end = async (signal: NodeJS.Signals) => {
    const ending = daemon;
    daemon = undefined;
    if (!ending) return;
    const exit = once(ending, "exit");
    ending.kill(signal);
    await exit;
  };
  const stop = () => end("SIGTERM");
  const kill = async () => {
    await end("SIGKILL");
    // Where nobody reaps orphans its containerd stays a zombie, which the next daemon would take for alive.
    await rm(join(directory, "exec", "containerd", "containerd.pid"), { force: true });
  };
  onTestFinished(async () => {
    await stop();
    // A daemon that ends leaves the bridges of its networks; a second one of the same addresses would be out of reach.
    for (const left of [bridge, agentBridge]) await ip("link", "delete", left).catch(() => undefined);
    await unmountBelow(directory);
    await rm(directory, { recursive: true, force: true });
  }, 60_000);
  await ip("link", "add", bridge, "type", "bridge");
  await ip("address", "add", `${block}.255.1/24`, "dev", bridge);
  await start();
  await image();
  await docker.loadImage(await engine().docker.getImage(IMAGE).get());
  const network = async (Name: string) => {
    const bridgeOption = "com.docker.network.bridge";
    const Options = { [`${bridgeOption}.enable_icc`]: "false", [`${bridgeOption}.name`]: agentBridge };
    await docker.createNetwork({ Name, Driver: "bridge", Options, IPAM: { Config: [{ Subnet: `${subnet}.0/24` }] } });
  };
  return { docker, host: `unix://${socketPath}`, start, stop, kill, network };
}

/**
 * It must not meddle with the other daemon: no packet filter, and a bridge of its own. (With `--bridge=none` and with
 * `--default-address-pool` a daemon deletes the machine's `docker0`, which is the other's.)
 */
function launch(directory: string, socket: string, bridge: string): ChildProcess {
  const places = ["data-root", "exec-root"].flatMap((name) => [`--${name}`, join(directory, name.slice(0, 4))]);
  const apart = [`--bridge=${bridge}`, "--iptables=false"];
  const argv = ["--host", `unix://${socket}`, "--pidfile", join(directory, "pid"), ...places, ...apart];
  const env = { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` };
  return spawn("dockerd", argv, { stdio: "ignore", env });
}

async function answering(docker: Docker, daemon: ChildProcess): Promise<void> {
  for (;;) {
    if (daemon.exitCode !== null) throw new Error(`dockerd ended with ${daemon.exitCode}`);
    const pong = await docker.ping().catch(() => undefined);
    if (pong) return;
    await pause(100);
  }
}

/** A daemon that was killed leaves its own mounts behind. */
async function unmountBelow(directory: string): Promise<void> {
  const places = (await readFile("/proc/self/mounts", "utf8")).split("\n").map((line) => line.split(" ")[1] ?? "");
  for (const place of places.filter((one) => one.startsWith(`${directory}/`)).reverse())
    await run("umount", ["-l", place]).catch(() => undefined);
}
