import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setImmediate as nextTurn } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Resource } from "leasehold";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { LocalLauncher } from "../../../../../plugins/command-executor/src/launcher/local-launcher.ts";
import { bash, brokerOf, brokerOfNext, isAlive, Lines, RecordingOwner, withBroker } from "../processes.ts";

async function launcherWithBroker() {
  const launcher = await withBroker();
  onTestFinished(() => launcher.close());
  return launcher;
}

/** A temp directory that nobody else uses, for this test. */
async function ownTmp(name = "own-") {
  const tmp = await mkdtemp(join(tmpdir(), name));
  vi.stubEnv("TMPDIR", tmp);
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await rm(tmp, { recursive: true, force: true });
  });
  return tmp;
}

/** A process that says its pid and stays. */
async function launchSleeper(launcher: LocalLauncher, members: Parameters<typeof bash>[1] = {}) {
  const lines = new Lines();
  const owner = new RecordingOwner();
  const spec = bash("echo $$; exec sleep 1000", { onStdout: lines.onText, ...members });
  const child = await launcher.launch(owner, spec);
  await lines.first(1);
  return { child, owner, broker: brokerOf(owner)! };
}

describe("a launcher", () => {
  it("starts a single process itself", async () => {
    const launcher = new LocalLauncher(console);
    onTestFinished(() => launcher.close());
    expect(await brokerOfNext(launcher)).toBeUndefined();
  });

  it("has the processes of runs side by side started by brokers of their own", async () => {
    const launcher = await launcherWithBroker();
    const one = await launchSleeper(launcher);
    let other = await launchSleeper(launcher);
    while (other.broker === undefined || other.owner.resource?.data["tag"] === one.owner.resource?.data["tag"]) {
      await other.child.end();
      other = await launchSleeper(launcher);
    }
    expect(other.broker).not.toBe(one.broker);
    await one.child.end();
    expect(isAlive(other.child.pid)).toBe(true);
    await other.child.end();
  });

  it("starts more than it has brokers for", async () => {
    const launcher = new LocalLauncher(console, { brokers: 1 });
    onTestFinished(() => launcher.close());
    const codes = Array.from({ length: 40 }, (_, code) => code);
    const exits = await Promise.all(
      codes.map(async (code) => (await launcher.launch(new RecordingOwner(), bash(`exit ${code}`))).exit),
    );
    expect(exits.map(({ code }) => code)).toEqual(codes);
  });

  it("leaves alone what a process was told to leave behind", async () => {
    const launcher = await launcherWithBroker();
    const lines = new Lines();
    const spec = bash("sleep 1000 & echo $!", { background: "keep", onStdout: lines.onText });
    await (await launcher.launch(new RecordingOwner(), spec)).exit;
    const [left] = await lines.pids(1);
    for (let run = 0; run < 5; run++) await brokerOfNext(launcher);
    expect(isAlive(left!)).toBe(true);
    process.kill(left!, "SIGKILL");
  });

  it("ends its brokers when it is closed, and nothing else", async () => {
    const launcher = await withBroker();
    const { child, broker } = await launchSleeper(launcher, { background: "keep" });
    await launcher.close();
    expect(broker === undefined || !isAlive(broker)).toBe(true);
    expect(isAlive(child.pid)).toBe(true);
    await child.end();
  });
});

describe("a process with a launcher that has nothing to do", () => {
  async function exitOf(last: string) {
    const processes = fileURLToPath(new URL("../processes.ts", import.meta.url));
    const program = `import { withBroker } from ${JSON.stringify(processes)};\nconst launcher = await withBroker();\n${last}`;
    const node = ["--conditions=leasehold-source", "--input-type=module", "--eval", program];
    const [code] = await once(spawn(process.execPath, node, { stdio: "inherit" }), "exit");
    return code as number;
  }

  it("ends by itself", async () => {
    expect(await exitOf("")).toBe(0);
  });

  it("sees the launcher closed", async () => {
    expect(await exitOf("await launcher.close(); process.exitCode = 7;")).toBe(7);
  });
});

describe("a broker", () => {
  it("holds nothing of a run in its words and its environment", async () => {
    const launcher = await launcherWithBroker();
    const secret = "hunter2hunter2";
    const env = { PATH: "/usr/bin:/bin", TOKEN: secret };
    const { child, broker } = await launchSleeper(launcher, { args: ["-c", "echo $$; exec sleep 1000", secret], env });
    for (const file of ["cmdline", "environ"])
      expect(readFileSync(`/proc/${broker}/${file}`, "utf8")).not.toMatch(/hunter2|PATH=/);
    await child.end();
  });

  it("hands on no descriptor that the runner would not", async () => {
    const launcher = await launcherWithBroker();
    const { child } = await launchSleeper(launcher);
    const direct = await launchSleeper(new LocalLauncher(console, { brokers: 0 }));
    const descriptorsOf = (pid: number) => readdirSync(`/proc/${pid}/fd`);
    expect(descriptorsOf(child.pid)).toEqual(descriptorsOf(direct.child.pid));
    await Promise.all([child.end(), direct.child.end()]);
  });

  it("keeps no descriptors of what it has started", async () => {
    const launcher = await launcherWithBroker();
    const before = (await brokerOfNext(launcher))!;
    for (let run = 0; run < 5; run++) await brokerOfNext(launcher);
    const { child, broker } = await launchSleeper(launcher);
    const open = readdirSync(`/proc/${broker}/fd`).length;
    await child.end();
    await child.exit;
    for (let run = 0; run < 20; run++) expect(await brokerOfNext(launcher)).toBe(before);
    const again = await launchSleeper(launcher);
    expect(readdirSync(`/proc/${again.broker}/fd`).length).toBeLessThanOrEqual(open + 2);
    await again.child.end();
  });

  it("is deaf to signals that are meant for its runner", async () => {
    const launcher = await launcherWithBroker();
    const { child, broker } = await launchSleeper(launcher);
    for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.kill(broker, signal);
    await child.end();
    await child.exit;
    expect(await brokerOfNext(launcher)).toBe(broker);
  });

  it("outlives a start that fails", async () => {
    const launcher = await launcherWithBroker();
    const broker = await brokerOfNext(launcher);
    const owner = new RecordingOwner();
    const tooLong = bash("", { args: ["x".repeat(200_000)] });
    await expect(launcher.launch(owner, tooLong)).rejects.toThrow("Argument list too long");
    expect([brokerOf(owner), owner.acts]).toEqual([broker, ["own", "release"]]);
    expect(await brokerOfNext(launcher)).toBe(broker);
  });

  it("that dies has its run ended, and told as lost", async () => {
    const launcher = await launcherWithBroker();
    const script = "env -i setsid sleep 1000 & echo $!; exec sleep 1000";
    const lines = new Lines();
    const owner = new RecordingOwner();
    const child = await launcher.launch(owner, bash(script, { onStdout: lines.onText }));
    const [left] = await lines.pids(1);
    process.kill(brokerOf(owner)!, "SIGKILL");
    expect(await child.exit).toMatchObject({ code: null, signal: null, lost: true, receipt: { survivors: 0 } });
    expect([child.pid, left!].map(isAlive)).toEqual([false, false]);
    expect(owner.acts.at(-1)).toBe("release");
  });

  it("that dies is replaced", async () => {
    const launcher = await launcherWithBroker();
    const { child, broker } = await launchSleeper(launcher);
    process.kill(broker, "SIGKILL");
    await child.exit;
    let next: number | undefined;
    while (next === undefined) next = await brokerOfNext(launcher);
    expect(next).not.toBe(broker);
  });

  it("that dies while idle harms nobody", async () => {
    const launcher = await launcherWithBroker();
    const broker = (await brokerOfNext(launcher))!;
    process.kill(broker, "SIGKILL");
    const exits = await Promise.allSettled([brokerOfNext(launcher), brokerOfNext(launcher)]);
    expect(exits.some(({ status }) => status === "fulfilled")).toBe(true);
  });

  it("that dies before an order has that carried out by the runner", async () => {
    const launcher = await launcherWithBroker();
    const owner = new RecordingOwner();
    const child = await launcher.launch(
      {
        own: async (claim) => {
          const ownership = await owner.own(claim);
          process.kill(brokerOf(owner)!, "SIGKILL");
          while (isAlive(brokerOf(owner)!) || readdirSync(`/proc/${brokerOf(owner)}/task`).length > 1);
          return ownership;
        },
      },
      bash("echo done"),
    );
    expect(await child.exit).toMatchObject({ code: 0, stdout: { text: "done\n" } });
  });

  it("whose socket is removed harms no run, and is replaced", async () => {
    const tmp = await ownTmp();
    const launcher = await launcherWithBroker();
    const before = await launchSleeper(launcher);
    for (const name of await readdir(tmp)) await rm(join(tmp, name), { recursive: true });
    const others = [];
    for (let run = 0; run < 6; run++) others.push(await launchSleeper(launcher));
    await Promise.all([before, ...others].map(({ child }) => child.end()));
    let next: number | undefined;
    while (next === undefined || next === before.broker) next = await brokerOfNext(launcher);
    expect(await readdir(tmp)).toHaveLength(1);
  });

  it("that is stopped does not keep an ended run from being told", async () => {
    const launcher = await launcherWithBroker();
    const { child, broker } = await launchSleeper(launcher, { graceSeconds: 0.05 });
    process.kill(broker, "SIGSTOP");
    await child.end();
    expect(await child.exit).toMatchObject({ lost: true });
    while (isAlive(broker)) await nextTurn();
  });
});

describe("a runner that is killed", () => {
  async function killed() {
    const tmp = await mkdtemp(join(tmpdir(), "doomed-"));
    onTestFinished(() => rm(tmp, { recursive: true }));
    const fixture = fileURLToPath(new URL("../../../../fixtures/launcher/doomed.ts", import.meta.url));
    const doomed = spawn(process.execPath, ["--conditions=leasehold-source", fixture], {
      env: { ...process.env, TMPDIR: tmp },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = await once(createInterface(doomed.stdout), "line");
    doomed.kill("SIGKILL");
    await once(doomed, "exit");
    return { tmp, ...(JSON.parse(line) as { resource: Resource; broker: number; left: number }) };
  }

  it("takes its brokers and their socket with it", async () => {
    const { tmp, resource, broker } = await killed();
    while (isAlive(broker)) await nextTurn();
    expect(await readdir(tmp)).toEqual([]);
    await new LocalLauncher(console).end(resource);
  });

  it("leaves what its brokers started to its successor", async () => {
    const { resource, left } = await killed();
    const pids = [Number(resource.data["pid"]), left];
    expect(pids.map(isAlive)).toEqual([true, true]);
    const successor = new LocalLauncher(console);
    expect(await successor.survivors(resource)).toBe(2);
    expect(await successor.end(resource)).toMatchObject({ signals: ["SIGTERM"], survivors: 0 });
    expect(pids.map(isAlive)).toEqual([false, false]);
  });
});

describe("a successor", () => {
  it("ends the broker of a record before the tree", async () => {
    const launcher = await withBroker();
    const { child, owner, broker } = await launchSleeper(launcher);
    process.kill(broker, "SIGSTOP");
    const receipt = await new LocalLauncher(console).end(owner.resource!);
    expect(receipt).toMatchObject({ survivors: 0 });
    expect([broker, child.pid].map(isAlive)).toEqual([false, false]);
    await child.exit;
  });

  it("leaves alone a stranger with the broker's pid", async () => {
    const launcher = await launcherWithBroker();
    const { child, owner, broker } = await launchSleeper(launcher);
    const data = { ...owner.resource!.data, broker: { pid: broker, startTime: 1 } };
    await new LocalLauncher(console).end({ ...owner.resource!, data });
    expect(isAlive(broker)).toBe(true);
    await child.exit;
  });
});
