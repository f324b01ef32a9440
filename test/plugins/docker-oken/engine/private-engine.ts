import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
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
  /** Makes a network for agents, with addresses that nobody else takes. */
  network(name: string): Promise<void>;
}

const ip = async (...argv: string[]) => void (await promisify(execFile)("ip", argv));

/** Starts a daemon with the image of the test agents. It is stopped, and its directory deleted, after the test. */
export async function privateEngine(): Promise<PrivateEngine> {
  const directory = await mkdtemp(join(tmpdir(), "lh-engine-"));
  const socketPath = join(directory, "docker.sock");
  const docker = new Docker({ socketPath });
  const bridge = `lh${randomBytes(4).toString("hex")}`;
  let daemon: ChildProcess | undefined;
  const start = async () => {
    daemon = launch(directory, socketPath, bridge);
    await answering(docker, daemon);
  };
  const stop = async () => {
    const stopping = daemon;
    daemon = undefined;
    if (!stopping) return;
    const exit = once(stopping, "exit");
    stopping.kill("SIGTERM");
    await exit;
  };
  onTestFinished(async () => {
    await stop();
    await ip("link", "delete", bridge).catch(() => undefined);
    await rm(directory, { recursive: true, force: true });
  }, 60_000);
  await ip("link", "add", bridge, "type", "bridge");
  await ip("address", "add", "10.213.255.1/24", "dev", bridge);
  await start();
  await image();
  await docker.loadImage(await engine().docker.getImage(IMAGE).get());
  const network = async (Name: string) => {
    const Options = { "com.docker.network.bridge.enable_icc": "false" };
    await docker.createNetwork({ Name, Driver: "bridge", Options, IPAM: { Config: [{ Subnet: "10.213.1.0/24" }] } });
  };
  return { docker, host: `unix://${socketPath}`, start, stop, network };
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
