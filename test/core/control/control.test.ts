import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { json } from "node:stream/consumers";
import { type Run, type SourceStatus, stopped, succeeded } from "leasehold";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { askHealth, followEnd } from "../../../core/src/control/control-client.ts";
import { socketIn, withSocketAddress } from "../../../core/src/control/socket-path.ts";
import { executor } from "../../fixtures/kinds.ts";
import { type Leasing, lease } from "../../fixtures/leasing.ts";
import { QueueSource } from "../../fixtures/queue-source.ts";
import { leased } from "../../fixtures/runner.ts";

let stateDir: string;

beforeEach(async () => {
  stateDir = await mkdtemp(path.join(tmpdir(), "leasehold-control-"));
});
afterEach(() => rm(stateDir, { recursive: true }));

const never = new AbortController().signal;

/** A runner that leases from a source, with work that goes on until it is told to end. */
async function leasing(
  directory = stateDir,
): Promise<Leasing & { source: ToldSource; working: Promise<Run>; go(): void }> {
  const source = new ToldSource({ slots: 2 });
  const [working, go] = [Promise.withResolvers<Run>(), Promise.withResolvers<void>()];
  const work = executor(
    (run) =>
      new Promise((resolve) => {
        working.resolve(run);
        go.promise.then(() => resolve(succeeded()));
        run.signal.addEventListener("abort", () => resolve(stopped("ended")));
      }),
  );
  const options = { journal: "durable", stateDir: directory, drainTimeoutSeconds: 60 } as const;
  const booted = await lease([source], [work], options);
  await source.feed;
  return { ...booted, source, working: working.promise, go: go.resolve };
}

class ToldSource extends QueueSource {
  told: SourceStatus = { ready: true, detail: "registered" };

  status(): SourceStatus {
    return this.told;
  }
}

/** Closes a runner that was drained, as the command line does. */
async function closing({ ended, runner }: Leasing): Promise<void> {
  await ended;
  await runner.close();
}

async function collect<T>(items: AsyncIterable<T> | undefined): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items ?? []) all.push(item);
  return all;
}

function call(method: string, address: string, directory = stateDir) {
  return withSocketAddress(directory, async (socketPath) => {
    const asked = request({ socketPath, method, path: address });
    asked.end();
    const [response] = await once(asked, "response");
    return { code: response.statusCode as number, body: (await json(response)) as object };
  });
}

describe("the control socket", () => {
  it("is this user's alone, and gone with the runner", async () => {
    const runner = await leasing();
    expect((await stat(socketIn(stateDir))).mode & 0o777).toBe(0o600);
    expect((await stat(stateDir)).mode & 0o777).toBe(0o700);
    await runner.runner.close();
    expect(await readdir(stateDir)).toEqual(["journal", "lock"]);
    expect(await askHealth(stateDir)).toBeUndefined();
  });

  it("tells how the runner and its sources stand", async () => {
    const { source, working } = await leasing();
    await source.offer(leased("one"));
    await working;
    const { code, body } = await call("GET", "/health");
    expect([code, body]).toEqual([
      200,
      {
        version: expect.any(String),
        pid: process.pid,
        profile: null,
        phase: "leasing",
        leasing: true,
        sources: [
          {
            name: "queue",
            ready: true,
            detail: "registered",
            slots: 2,
            busy: 1,
            quarantined: 0,
            running: ["one"],
            owed: expect.any(Number),
          },
        ],
      },
    ]);
  });

  it("answers 503 while a source is not ready", async () => {
    const { source } = await leasing();
    source.told = { ready: false, detail: "not registered" };
    expect(await call("GET", "/health")).toMatchObject({
      code: 503,
      body: { leasing: true, sources: [{ ready: false }] },
    });
    source.status = () => {
      throw new Error("no idea");
    };
    expect(await call("GET", "/health")).toMatchObject({ code: 503, body: { sources: [{ detail: "no idea" }] } });
  });

  it.each(["GET /drain", "POST /health", "GET /", "DELETE /drain", "GET /health?x=1"])("knows no %s", async (asked) => {
    const { runner } = await leasing();
    const [method = "", address = ""] = asked.split(" ");
    expect(await call(method, address)).toMatchObject({ code: 404 });
    expect(runner.status().phase).toBe("leasing");
  });

  it("lets running work end, and tells of each step until the runner is gone", async () => {
    const leaser = await leasing();
    const { outcome } = await leaser.source.offer(leased("one"));
    await leaser.working;
    const statuses = (await followEnd(stateDir, "drain", never)) ?? [];
    const closed = closing(leaser);
    const phases: string[] = [];
    for await (const { phase, sources } of statuses) {
      if (phases.at(-1) !== phase) phases.push(phase);
      if (phase === "draining") {
        expect(sources).toMatchObject([{ ready: false, running: ["one"] }]);
        leaser.go();
      }
    }
    expect((await outcome).status).toBe("succeeded");
    expect([phases[0], phases.at(-1)]).toEqual([expect.stringMatching(/leasing|draining/), "ended"]);
    expect(phases).toContain("draining");
    await closed;
    expect(leaser.source.closed).toBe(1);
  });

  it("stops running work when that is asked for", async () => {
    const leaser = await leasing();
    const { outcome } = await leaser.source.offer(leased("one"));
    await leaser.working;
    const first = await followEnd(stateDir, "drain", never);
    const second = await followEnd(stateDir, "stop", never);
    const closed = closing(leaser);
    const ends = await Promise.all([first, second].map((statuses) => collect(statuses)));
    expect((await outcome).status).toBe("stopped");
    expect(ends.map((statuses) => statuses.at(-1)?.phase)).toEqual(["ended", "ended"]);
    await closed;
    expect(leaser.source.reported("one").at(-1)).toBe("settled");
  });

  it("goes on draining when the caller hangs up", async () => {
    const leaser = await leasing();
    const { outcome } = await leaser.source.offer(leased("one"));
    await leaser.working;
    const over = new AbortController();
    for await (const _status of (await followEnd(stateDir, "drain", over.signal)) ?? []) over.abort();
    leaser.go();
    expect((await outcome).status).toBe("succeeded");
    await closing(leaser);
  });

  it("takes the place of what a dead predecessor left", async () => {
    await writeFile(socketIn(stateDir), "");
    await leasing();
    expect((await askHealth(stateDir))?.phase).toBe("leasing");
  });

  it("can be reached where the path is longer than an address may be", async () => {
    const deep = path.join(stateDir, "d".repeat(100), "e".repeat(100));
    const leaser = await leasing(deep);
    expect((await askHealth(deep))?.phase).toBe("leasing");
    expect((await stat(socketIn(deep))).isSocket()).toBe(true);
    const statuses = await followEnd(deep, "drain", never);
    const closed = closing(leaser);
    expect((await collect(statuses)).at(-1)?.phase).toBe("ended");
    await closed;
    expect(await readdir(deep)).toEqual(["journal", "lock"]);
  });

  it("is missed by nobody but those who ask when it cannot be made", async () => {
    await mkdir(socketIn(stateDir));
    const { log, runner } = await leasing();
    expect(runner.status().phase).toBe("leasing");
    expect(log).toContainEqual(
      expect.objectContaining({ level: 40, msg: expect.stringContaining("cannot reach this runner") }),
    );
    await rm(socketIn(stateDir), { recursive: true });
  });
});
