import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ProcessSpec } from "leasehold";
import { afterAll, describe, expect, it } from "vitest";
import { LocalLauncher } from "../../../../plugins/command-executor/src/launcher/local-launcher.ts";
import { bash, bothWays, isAlive, Lines, RecordingOwner, withoutBroker } from "./processes.ts";

const directory = await mkdtemp(join(tmpdir(), "launcher-"));
afterAll(() => rm(directory, { recursive: true }));

const BOTH = ["SIGTERM", "SIGKILL"];
const DEAF = "trap '' TERM";

/** Programs that print pids and do not end by themselves; each of their processes is deaf to SIGTERM. */
const DEAF_TREES: [name: string, script: string, pids: number][] = [
  ["children and grandchildren", `${DEAF}; echo $$; (sleep 1000 & echo $!; wait) & echo $!; wait`, 3],
  ["a grandchild with a session of its own", `${DEAF}; echo $$; setsid bash -c 'echo $$; exec sleep 1000' & wait`, 2],
  [
    "one with a cleaned environment",
    `${DEAF}; echo $$; env -i setsid /bin/bash -c 'echo $$; exec sleep 1000' & wait`,
    2,
  ],
  [
    "a daemon forked twice",
    `${DEAF}; setsid bash -c '(echo $BASHPID; exec env -i sleep 1000) & exit' & wait; echo $$; sleep 1000`,
    2,
  ],
];

describe.each(await bothWays())("by %s,", (_way, launcher) => {
  /** Launches a program that prints `count` pids, and waits for them. */
  async function launch(script: string, count: number, members: Partial<ProcessSpec> = {}, by = launcher) {
    const lines = new Lines();
    const owner = new RecordingOwner();
    const child = await by.launch(owner, bash(script, { onStdout: lines.onText, ...members }));
    const pids = await lines.pids(count);
    return { child, pids, owner };
  }

  describe("ending a tree", () => {
    for (const [name, script, count] of DEAF_TREES) {
      it(`kills ${name} when deaf to SIGTERM`, async () => {
        const { child, pids, owner } = await launch(script, count, { graceSeconds: 0.05 });
        expect(pids.map(isAlive)).toEqual(pids.map(() => true));
        expect(await child.end()).toMatchObject({ signals: BOTH, survivors: 0 });
        expect(pids.map(isAlive)).toEqual(pids.map(() => false));
        expect(await child.exit).toMatchObject({ code: null, signal: "SIGKILL", receipt: { signals: BOTH } });
        expect(owner.acts).toEqual(["own", "update", "release"]);
      });
    }

    it("lets a grandchild in another session hear SIGTERM", async () => {
      const file = join(directory, "heard");
      const inner = `trap 'echo heard > "$0"; exit' TERM; sleep 1000 & echo $$; wait`;
      const { child, pids } = await launch(`setsid bash -c '${inner.replaceAll("'", "'\\''")}' '${file}' & wait`, 1);
      expect(await child.end()).toMatchObject({ signals: ["SIGTERM"], survivors: 0 });
      expect(pids.map(isAlive)).toEqual([false]);
      expect(await readFile(file, "utf8")).toBe("heard\n");
    });

    it("wakes stopped processes so that they hear SIGTERM", async () => {
      const { child, pids } = await launch("sleep 1000 & echo $!; kill -STOP $!; echo $$; kill -STOP $$; wait", 2);
      expect(await child.end()).toMatchObject({ signals: ["SIGTERM"], survivors: 0 });
      expect(pids.map(isAlive)).toEqual([false, false]);
    });

    it("catches a chain of processes that fork and exit", async () => {
      const hop = `${DEAF}; hop() { (( $1 == 20 )) && echo $$; (( $1 > 4000 )) || hop $(( $1 + 1 )) & }`;
      const script = `setsid bash -c "$0" & exec sleep 1000`;
      const args = ["-c", script, `${hop}; hop 0`];
      const { child, owner } = await launch(script, 1, { args, graceSeconds: 0 });
      expect(await launcher.survivors(owner.resource!)).toBeGreaterThan(0);
      expect(await child.end()).toMatchObject({ survivors: 0 });
      await child.exit;
      expect(await launcher.survivors(owner.resource!)).toBe(0);
    });

    it("finds what a runner inside the run has tagged for itself", async () => {
      const inner =
        "prlimit --locks=$(( $(ulimit -x) - 12345 )) -- env -i setsid /bin/bash -c 'echo $$; exec sleep 1000'";
      const { child, pids } = await launch(`(${inner} &) ; echo $$; exec sleep 1000`, 2);
      expect(await child.end()).toMatchObject({ signals: ["SIGTERM"], survivors: 0 });
      expect(pids.map(isAlive)).toEqual([false, false]);
    });

    it("answers every caller with the same receipt", async () => {
      const { child } = await launch("echo $$; exec sleep 1000", 1);
      const [one, other] = await Promise.all([child.end(), child.end()]);
      expect(one).toBe(other);
      expect((await child.exit).receipt).toEqual(one);
    });

    it("happens when the signal is aborted", async () => {
      const abort = new AbortController();
      const { child, pids } = await launch("echo $$; exec sleep 1000", 1, { signal: abort.signal });
      abort.abort(new Error("enough"));
      expect(await child.exit).toMatchObject({ signal: "SIGTERM", receipt: { signals: ["SIGTERM"], survivors: 0 } });
      expect(pids.map(isAlive)).toEqual([false]);
    });

    it("finds children in other sessions without tags too", async () => {
      const untagged = new LocalLauncher(console, { findProgram: async () => undefined });
      const script = `${DEAF}; echo $$; setsid bash -c 'echo $$; exec sleep 1000' & wait`;
      const { child, pids, owner } = await launch(script, 2, { graceSeconds: 0.05 }, untagged);
      expect(owner.resource?.data["tag"]).toBeNull();
      expect(await child.end()).toMatchObject({ signals: BOTH, survivors: 0 });
      expect(pids.map(isAlive)).toEqual([false, false]);
    });
  });

  describe("a normal exit", () => {
    it("ends what is left behind, which holds the pipes", async () => {
      const { child, pids } = await launch("env -i setsid sleep 1000 & echo $!; exit 3", 1);
      expect(await child.exit).toMatchObject({ code: 3, receipt: { signals: ["SIGTERM"], survivors: 0 } });
      expect(pids.map(isAlive)).toEqual([false]);
    });

    it("gives no receipt when nothing is left", async () => {
      const { child } = await launch("echo $$", 1);
      expect(await child.exit).not.toHaveProperty("receipt");
    });

    it("keeps what is left behind when told so, and does not wait for its pipes", async () => {
      const { child, pids, owner } = await launch("sleep 1000 & echo $!; echo done; exit 0", 2, { background: "keep" });
      const exit = await child.exit;
      expect(exit).toMatchObject({ code: 0, stdout: { text: `${pids[0]}\ndone\n` } });
      expect(exit).not.toHaveProperty("receipt");
      expect(isAlive(pids[0]!)).toBe(true);
      expect(owner.acts.at(-1)).toBe("release");
      process.kill(pids[0]!, "SIGKILL");
    });
  });

  describe("recovery", () => {
    it("ends a tree of which only the record is left", async () => {
      const script = `${DEAF}; echo $$; env -i setsid /bin/bash -c 'echo $$; exec sleep 1000' & wait`;
      const { child, pids, owner } = await launch(script, 2, { graceSeconds: 0.05 });
      const successor = new LocalLauncher(console);
      expect(await successor.survivors(owner.resource!)).toBe(2);
      expect(await successor.end(withoutBroker(owner.resource!))).toMatchObject({ signals: BOTH, survivors: 0 });
      expect(pids.map(isAlive)).toEqual([false, false]);
      expect(await successor.survivors(owner.resource!)).toBe(0);
      await child.exit;
    });

    it("finds a tree by its tag when its first process is gone", async () => {
      const script = "env -i setsid /bin/bash -c 'echo $$; exec sleep 1000' & echo $$; wait";
      const { child, pids, owner } = await launch(script, 2, { background: "keep" });
      process.kill(child.pid, "SIGKILL");
      await child.exit;
      const successor = new LocalLauncher(console);
      expect(await successor.end(owner.resource!)).toMatchObject({ signals: ["SIGTERM"], survivors: 0 });
      expect(pids.map(isAlive)).toEqual([false, false]);
    });

    it("leaves a stranger alone that has the pid now", async () => {
      const { child, pids, owner } = await launch("echo $$; exec sleep 1000", 1);
      const resource = withoutBroker(owner.resource!);
      for (const tag of [null, "2147483648"]) {
        const data = { ...resource.data, tag, startTime: Number(resource.data["startTime"]) - 1 };
        const receipt = await new LocalLauncher(console).end({ ...resource, data });
        expect(receipt).toMatchObject({ signals: [], survivors: 0 });
      }
      expect(pids.map(isAlive)).toEqual([true]);
      await child.end();
    });

    it("ends nothing that an earlier boot has left", async () => {
      const { child, owner } = await launch("echo $$; exec sleep 1000", 1);
      const resource = { ...owner.resource!, data: { ...owner.resource!.data, boot: "earlier" } };
      expect(await new LocalLauncher(console).end(resource)).toEqual({ signals: [], survivors: 0, ms: 0 });
      expect(isAlive(child.pid)).toBe(true);
      await child.end();
    });
  });
});
