import { failed, type Run, succeeded } from "leasehold";
import { describe, expect, it, vi } from "vitest";
import { MemoryJournal } from "../../../core/src/journal/memory-journal.ts";
import { executor } from "../../fixtures/kinds.ts";
import { lease } from "../../fixtures/leasing.ts";
import { QueueSource } from "../../fixtures/queue-source.ts";
import { boot, leased, plugin } from "../../fixtures/runner.ts";

describe("an attached source", () => {
  it("gets the outcome as a promise, and the journal nothing", async () => {
    const writes = (["lease", "owe", "acknowledge", "close"] as const).map((act) =>
      vi.spyOn(MemoryJournal.prototype, act),
    );
    const source = new QueueSource({ delivery: "attached" });
    await lease(
      [source],
      [
        executor((run) => {
          run.emit({ type: "message" });
          return succeeded(42);
        }),
      ],
    );
    const { outcome } = await source.offer(leased());
    expect((await outcome).result?.text).toBe("42");
    expect(writes.map((write) => write.mock.calls.length)).toEqual([0, 0, 0, 0]);
    expect(source.attempts).toEqual([]);
    vi.restoreAllMocks();
  });

  it("logs what failed, and what succeeded for those alone who want every line", async () => {
    const source = new QueueSource({ delivery: "attached" });
    const { log } = await lease([source], [executor((run) => (run.id === "good" ? succeeded(1) : failed("no")))]);
    for (const id of ["good", "bad"]) await (await source.offer(leased(id))).outcome;
    const said = log.filter(({ msg }) => msg.startsWith("run ")).map(({ level, msg }) => [level, msg]);
    expect(said).toContainEqual([30, "run failed"]);
    expect(said).not.toContainEqual([30, "run succeeded"]);
  });

  it("works in the runner's own directory, by its real path", async () => {
    const source = new QueueSource({ delivery: "attached" });
    const seen: string[] = [];
    const { projectDir } = await lease(
      [source],
      [
        executor((run) => {
          seen.push(run.projectDir);
          return succeeded();
        }),
      ],
    );
    for (const id of ["one", "two"]) await (await source.offer(leased(id))).outcome;
    expect(seen).toEqual([projectDir, projectDir]);
  });

  it("is refused a directory outside of the roots, whatever was looked up before", async () => {
    const source = new QueueSource({ delivery: "attached" });
    await lease([source], [executor(() => succeeded())]);
    await (await source.offer(leased("one"))).outcome;
    const { outcome } = await source.offer({ ...leased("two"), projectDir: "/" });
    expect(await outcome).toMatchObject({ status: "refused", error: { code: "PROJECT_DIR_REFUSED" } });
  });

  it("stops a run whose caller went away", async () => {
    const source = new QueueSource({ delivery: "attached" });
    const entered = Promise.withResolvers<Run>();
    await lease(
      [source],
      [
        executor(
          (run) =>
            new Promise((_, reject) => {
              run.signal.addEventListener("abort", () => reject(run.signal.reason));
              entered.resolve(run);
            }),
        ),
      ],
    );
    const { outcome } = await source.offer(leased());
    await entered.promise;
    await (await source.feed).stop({ run: "run-1" }, { message: "the caller hung up" });
    expect(await outcome).toMatchObject({ status: "stopped", error: { message: "the caller hung up" } });
  });

  it("needs no JSON for a ref", async () => {
    const source = new QueueSource({ delivery: "attached" });
    await lease([source], [executor(() => succeeded())]);
    const feed = await source.feed;
    const { outcome } = feed.offer({ ref: (() => undefined) as never, run: leased() }, await feed.slot());
    expect((await outcome).status).toBe("succeeded");
  });
});

describe("a journal that fails", () => {
  it("keeps a run from starting, and the slot free", async () => {
    vi.spyOn(MemoryJournal.prototype, "lease").mockRejectedValueOnce(new Error("disk full"));
    const source = new QueueSource();
    let executed = 0;
    await lease(
      [source],
      [
        executor(() => {
          executed++;
          return succeeded();
        }),
      ],
    );
    expect(await (await source.offer(leased("one"))).outcome).toMatchObject({
      status: "refused",
      error: {
        code: "JOURNAL_FAILED",
        message: "the run was not started, for the journal could not be written: disk full",
      },
    });
    expect(executed).toBe(0);
    expect((await (await source.offer(leased("two"))).outcome).status).toBe("succeeded");
    vi.restoreAllMocks();
  });

  it("to note a delivery does not hold up the next", async () => {
    vi.spyOn(MemoryJournal.prototype, "acknowledge").mockRejectedValueOnce(new Error("disk full"));
    const source = new QueueSource();
    const { log } = await lease([source], [executor(() => succeeded())]);
    await source.offer(leased());
    await source.releases(1);
    expect(source.reported("run-1")).toEqual(["started", "settled"]);
    expect(log).toContainEqual(expect.objectContaining({ msg: expect.stringContaining("disk full"), run_id: "run-1" }));
    vi.restoreAllMocks();
  });
});

describe("a runner that leases from chosen sources", () => {
  it("starts them and no other", async () => {
    const sources = ["one", "two"].map((name) => new QueueSource({ name, delivery: "attached" }));
    const adding = plugin("sources", (context) => {
      for (const source of sources) context.sources.add(source);
    });
    const { runner } = await boot([adding, executor(() => succeeded())]);
    const started: string[] = [];
    for (const source of sources) void source.feed.then(() => started.push(source.name));
    const drain = new AbortController();
    const ended = runner.lease({ drain: drain.signal, stop: drain.signal }, ["two"]);
    await (await sources[1]?.offer(leased()))?.outcome;
    drain.abort(new Error("the test ends"));
    sources[1]?.end();
    await ended;
    expect(started).toEqual(["two"]);
  });
});
