import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ResourceHandler, succeeded } from "leasehold";
import { describe, expect, it } from "vitest";
import { readJournalIn } from "../../../core/src/journal/read-file.ts";
import { CountingResources, thing } from "../../fixtures/counting-resources.ts";
import { executor } from "../../fixtures/kinds.ts";
import { lease } from "../../fixtures/leasing.ts";
import { QueueSource } from "../../fixtures/queue-source.ts";
import { boot, leased, plugin } from "../../fixtures/runner.ts";
import { lease as leaseOf, opened, processGroup, settled } from "../journal/entries.ts";

type Entries = (journal: Awaited<ReturnType<typeof opened>>["journal"]) => Promise<void>;

const owner = { type: "run", source: "queue", run: "run-1", session: "s" } as const;

/** A state directory as a runner that died has left it. */
async function leftBehind(entries: Entries) {
  const stateDir = await mkdtemp(join(tmpdir(), "leasehold-recovery-"));
  const { journal, end } = await opened(stateDir);
  await entries(journal);
  await end();
  return { stateDir, journal: "durable" } as const;
}

const lease1 = { ...leaseOf("run-1"), ref: { lease: "run-1" } };

describe("a runner that takes over a journal", () => {
  it("settles an unfinished run as failed, in order behind what it owes", async () => {
    const options = await leftBehind(async (journal) => {
      await journal.lease(lease1);
      await journal.owe(lease1, [{ type: "started" }]);
    });
    const source = new QueueSource();
    const { drain, ended } = await lease([source], [executor(() => succeeded())], options);
    await source.releases(1);
    expect(source.attempts.map(({ ref, report, attempt }) => [ref, report["type"], attempt.uncertain])).toEqual([
      [{ lease: "run-1" }, "started", true],
      [{ lease: "run-1" }, "settled", true],
    ]);
    expect(source.attempts[1]?.report).toMatchObject({
      outcome: {
        status: "failed",
        session: "finished",
        error: { code: "RUNNER_RESTARTED", message: "runner restarted" },
      },
    });
    drain.abort();
    await ended;
  });

  it("delivers what a settled run owes as it was journalled", async () => {
    const options = await leftBehind(async (journal) => {
      await journal.owe(lease1, [{ type: "result", text: "1.0" }, { type: "settled" }], settled);
    });
    const source = new QueueSource();
    await lease([source], [], options);
    await source.releases(1);
    expect(source.attempts.map(({ report }) => report)).toEqual([{ type: "result", text: "1.0" }, { type: "settled" }]);
  });

  it("delivers nothing before the source has started", async () => {
    const options = await leftBehind((journal) => journal.lease(lease1));
    const source = new QueueSource();
    let started = false;
    const whenTried: boolean[] = [];
    const start = source.start.bind(source);
    source.start = (feed, signal) => {
      started = true;
      return start(feed, signal);
    };
    source.answer = () => {
      whenTried.push(started);
      return "accepted";
    };
    await lease([source], [], options);
    await source.releases(1);
    expect(whenTried).toEqual([true]);
  });

  it.each([
    ["owed", 1, async (journal) => void (await journal.owe(lease1, [{ type: "settled" }], settled))],
    [
      "delivered",
      0,
      async (journal) => {
        await journal.owe(lease1, [], settled);
        await journal.close(lease1);
      },
    ],
  ] satisfies [string, number, Entries][])(
    "does not execute a run again whose outcome was %s",
    async (_, told, entries) => {
      const options = await leftBehind(entries);
      const source = new QueueSource();
      let executed = 0;
      const count = executor(() => {
        executed++;
        return succeeded();
      });
      await lease([source], [count], options);
      const { verdict, outcome } = await source.offer(leased("run-1"));
      expect([verdict, (await outcome).status, executed]).toEqual(["settled", "succeeded", 0]);
      await source.releases(1);
      expect([source.released, source.attempts.length]).toEqual([[{ lease: "run-1" }], told]);
    },
  );

  it("ends what its predecessor has started before it leases", async () => {
    const options = await leftBehind(async (journal) => {
      await journal.own({ ...thing("old"), data: {}, owner });
      await journal.own({ ...thing("shared"), data: {}, owner: { type: "plugin", plugin: "p" } });
    });
    const things = new CountingResources();
    const source = new QueueSource();
    const { runner } = await lease([source], [things.plugin], options);
    await source.feed;
    expect(things.ended.sort()).toEqual(["old", "shared"]);
    await runner.close();
    const { journal } = await opened(options.stateDir);
    expect(journal.state.resources.size).toBe(0);
  });

  it("has what is not a run's adopted where the handler can", async () => {
    const options = await leftBehind(async (journal) => {
      await journal.own({ ...thing("of-run"), data: {}, owner });
      await journal.own({ ...thing("of-session"), data: {}, owner: { type: "session", session: "s" } });
    });
    const [adopted, ended]: [string[], string[]] = [[], []];
    const handler: ResourceHandler = {
      adopt: async ({ id }) => adopted.push(id) > 0,
      end: async ({ id }) => {
        ended.push(id);
        return { signals: [], survivors: 0, ms: 0 };
      },
      survivors: async () => 0,
    };
    const source = new QueueSource();
    await lease([source], [plugin("things", ({ resources }) => resources.handle("thing", handler))], options);
    await (await source.feed).stop({ session: "s" });
    expect([adopted, ended]).toEqual([["of-session"], ["of-run", "of-session"]]);
  });

  it("keeps what no plugin can end or deliver, and says so", async () => {
    const options = await leftBehind(async (journal) => {
      await journal.own(processGroup("x"));
      await journal.lease(leaseOf("a", "elsewhere"));
    });
    const source = new QueueSource();
    const { log, runner } = await lease([source], [], options);
    await source.feed;
    expect(log.filter(({ level }) => level === 50).map(({ msg }) => msg)).toEqual([
      "process-group x of a predecessor may be alive, and no plugin handles its kind",
      'runs of lease source "elsewhere" are owed, but it is not started here; they stay in the journal',
    ]);
    await runner.close();
    const { journal } = await opened(options.stateDir);
    expect([journal.state.resources.size, journal.state.open.size]).toEqual([1, 1]);
  });

  it("hands a note of its source on", async () => {
    const options = await leftBehind((journal) => journal.remember("queue", "id", [1]));
    const source = new QueueSource();
    await lease([source], [], options);
    const feed = await source.feed;
    expect([feed.recall("id"), feed.recall("other")]).toEqual([[1], null]);
  });
});

describe("a runner with a durable journal", () => {
  it("refuses to lease where another one does", async () => {
    const options = await leftBehind(async () => undefined);
    const source = new QueueSource();
    await lease([source], [], options);
    await source.feed;
    const second = await lease([new QueueSource()], [], options);
    await expect(second.ended).rejects.toMatchObject({ code: "STATE_DIR_LOCKED" });
  });

  it("needs a usable state directory to lease, and for nothing else", async () => {
    const options = { stateDir: "/dev/null/state", journal: "durable" } as const;
    const { runner, ended } = await lease([new QueueSource()], [executor(() => succeeded())], options);
    await expect(ended).rejects.toMatchObject({
      code: "STATE_DIR_UNUSABLE",
      message: expect.stringContaining("the state directory /dev/null/state cannot be used: ENOTDIR"),
    });
    expect((await runner.execute(leased())).status).toBe("succeeded");
  });

  it("does not make the project directory that its own would lie in", async () => {
    const { ended } = await lease([new QueueSource()], [], { projectDir: "/nowhere", journal: "durable" });
    await expect(ended).rejects.toMatchObject({
      code: "STATE_DIR_UNUSABLE",
      message: expect.stringContaining("/nowhere"),
    });
  });

  it("leaves an empty journal behind when all is delivered", async () => {
    const options = await leftBehind(async () => undefined);
    const source = new QueueSource();
    const { runner } = await lease([source], [executor(() => succeeded(1))], options);
    await (await source.offer(leased())).outcome;
    await source.releases(1);
    await runner.close();
    const { journal } = await opened(options.stateDir);
    expect([journal.state.open.size, [...journal.state.closed.keys()]]).toEqual([0, ["queue run-1"]]);
  });

  it("keeps what is owed for its successor", async () => {
    const options = await leftBehind(async () => undefined);
    const source = new QueueSource();
    const halted = new AbortController();
    source.answer = ({ attempt }) =>
      new Promise((resolve) => {
        halted.signal.addEventListener("abort", () => resolve("unknown"));
        attempt.signal.addEventListener("abort", () => resolve("unknown"));
      });
    const { runner } = await lease([source], [executor(() => succeeded("kept"))], options);
    await (await source.offer(leased())).outcome;
    const { state } = await readJournalIn(options.stateDir);
    const reports = [...(state.open.get("queue run-1")?.owed.values() ?? [])].map(({ body }) => body["type"]);
    expect(reports).toEqual(["started", "settled"]);
    source.answer = () => "accepted";
    halted.abort();
    await source.releases(1);
    await runner.close();
  });

  it("delivers what is owed and ends, without leasing", async () => {
    const options = await leftBehind((journal) => journal.lease(lease1));
    const source = new QueueSource();
    const adding = plugin("sources", ({ sources }) => void sources.add(source));
    const { runner } = await boot([adding], options);
    const never = new AbortController().signal;
    expect(await runner.replay({ drain: never, stop: never })).toEqual({ owed: 1, left: 0 });
    expect((await source.feed).trySlot()).toBeUndefined();
    expect(source.reported("run-1")).toEqual(["settled"]);
    expect(await runner.replay({ drain: never, stop: never })).toEqual({ owed: 0, left: 0 });
  });
});
