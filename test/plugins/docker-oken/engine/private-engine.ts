import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
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
}

/** Starts a daemon with the image of the test agents. It is stopped, and its directory deleted, after the test. */
export async function privateEngine(): Promise<PrivateEngine> {
  const directory = await mkdtemp(join(tmpdir(), "lh-engine-"));
  const socketPath = join(directory, "docker.sock");
  const docker = new Docker({ socketPath });
  let daemon: ChildProcess | undefined;
  const start = async () => {
    daemon = launch(directory, socketPath);
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
    await rm(directory, { recursive: true, force: true });
  }, 60_000);
  await start();
  await image();
  await docker.loadImage(await engine().docker.getImage(IMAGE).get());
  return { docker, host: `unix://${socketPath}`, start, stop };
}

/** It must not meddle with the other daemon: no bridge of its own, no packet filter, addresses that nobody else takes. */
function launch(directory: string, socket: string): ChildProcess {
  const places = ["data-root", "exec-root"].flatMap((name) => [`--${name}`, join(directory, name.slice(0, 4))]);
  const apart = ["--bridge=none", "--iptables=false", "--default-address-pool=base=10.213.0.0/16,size=24"];
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
