import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Say } from "../engine.ts";

const execute = promisify(execFile);

/** Installs Debian's `docker.io` unless a Docker daemon is installed. Rejects with what to do where it may not. */
export async function installDocker(say: Say): Promise<void> {
  if (await isInstalled("dockerd")) return;
  if (process.getuid?.() !== 0 || !(await isInstalled("apt-get")))
    throw new Error(
      "no Docker engine answers, and only root on Debian or a relative can install one here; start yours and set DOCKER_HOST",
    );
  say("installing docker.io");
  await apt("update", "-q");
  await apt("install", "-y", "-q", "--no-install-recommends", "docker.io");
}

/** Runs `apt-get` without questions. */
export async function apt(...args: readonly string[]): Promise<void> {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  await execute("apt-get", ["-o", "DPkg::Lock::Timeout=120", ...args], { env, maxBuffer: 64 * 1024 * 1024 });
}

/** Whether a program is on the path, the administrator's directories included. */
export async function isInstalled(program: string): Promise<boolean> {
  return execute("which", [program]).then(
    () => true,
    () => false,
  );
}
