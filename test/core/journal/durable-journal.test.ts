import { randomBytes } from "node:crypto";
import { mkdir, open, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import pino from "pino";
import { describe, expect, it } from "vitest";
import { AppendFile } from "../../../core/src/journal/append-file.ts";
import { DurableJournal } from "../../../core/src/journal/durable-journal.ts";
import { JournalState } from "../../../core/src/journal/journal-state.ts";
import type { LogLine } from "../../fixtures/runner.ts";
import { emptyDirectory, lease, opened, processGroup, settled } from "./entries.ts";

/** A file that counts, and whose waits for the disk the test answers. */
class WatchedFile extends AppendFile {
  writes = 0;
  syncs = 0;
  synced: () => Promise<void> = async () => undefined;

  beforeWrite: () => Promise<void> = async () => undefined;

  override async write(bytes: Buffer): Promise<void> {
    // A file that is only to be synced gets an empty one.
    if (bytes.length > 0) this.writes++;
    await this.beforeWrite();
    await super.write(bytes);
  }

  override sync(): Promise<void> {
    this.syncs++;
    return this.synced();
  }
}

async function watched() {
  const log: LogLine[] = [];
  const directory = await emptyDirectory();
  const path = join(directory, "journal");
  const file = new WatchedFile(await open(path, "w"), 0);
  const logger = pino({}, { write: (line: string) => void log.push(JSON.parse(line) as LogLine) });
  return { journal: new DurableJournal(path, file, new JournalState(), logger), file, log, directory };
}

describe("DurableJournal", () => {
  it("writes together what comes while it writes", async () => {
    const { journal, file } = await watched();
    await Promise.all(Array.from({ length: 100 }, (_, run) => journal.lease(lease(`${run}`))));
    expect(file.writes).toBe(2);
    await journal.end();
  });

  it("waits for the disk before an outcome counts, and not before a run", async () => {
    const { journal, file } = await watched();
    const disk = Promise.withResolvers<void>();
    file.synced = () => disk.promise;
    let counts = false;
    const owing = journal.owe(lease("a"), [{}], settled).then(() => {
      counts = true;
    });
    await journal.lease(lease("b"));
    await journal.own(processGroup("x"));
    await journal.owe(lease("b"), [{}]);
    expect(counts).toBe(false);
    disk.resolve();
    await owing;
    await journal.end();
  });

  it("is written anew to another file when the disk does not keep what was written", async () => {
    const { journal, file, log, directory } = await watched();
    const told: (string | undefined)[] = [];
    const mended = Promise.withResolvers<void>();
    journal.watch((problem) => {
      told.push(problem?.message);
      if (!problem) mended.resolve();
    });
    file.synced = () => Promise.reject(new Error("EIO: i/o error, fdatasync"));
    expect(await journal.owe(lease("a"), [{ n: 1 }], settled)).toHaveLength(1);
    await expect(journal.lease(lease("b"))).rejects.toThrow("EIO: i/o error");
    expect(await journal.owe(lease("a"), [{ n: 2 }])).toMatchObject([{ sequence: 1 }]);
    await mended.promise;
    await journal.lease(lease("c"));
    const writes = file.writes;
    await journal.owe(lease("c"), [{ n: 1 }], settled);
    await journal.end();
    expect([file.syncs, file.writes]).toEqual([1, writes]);
    expect(told).toEqual([expect.stringContaining("EIO"), undefined]);
    expect(log.map(({ level }) => level)).toEqual([50, 30]);
    const { state } = (await opened(directory)).journal;
    expect([...state.open].map(([key, { owed }]) => [key, owed.size])).toEqual([
      ["queue a", 2],
      ["queue c", 1],
    ]);
  });

  it("takes no write for a success that went to a file which lost something meanwhile", async () => {
    const { journal, file, directory } = await watched();
    const [disk, writing, go] = [
      Promise.withResolvers<void>(),
      Promise.withResolvers<void>(),
      Promise.withResolvers<void>(),
    ];
    file.synced = () => disk.promise;
    const owing = journal.owe(lease("a"), [{ n: 1 }], settled);
    await journal.lease(lease("b"));
    file.beforeWrite = () => {
      writing.resolve();
      return go.promise;
    };
    const leasing = journal.lease(lease("c"));
    await writing.promise;
    disk.reject(new Error("EIO: i/o error, fdatasync"));
    await owing;
    go.resolve();
    await expect(leasing).rejects.toThrow("EIO: i/o error");
    await new Promise<void>((resolve) => journal.watch((problem) => problem ?? resolve()));
    await journal.end();
    expect(file.syncs).toBe(1);
    expect([...(await opened(directory)).journal.state.open.keys()]).toEqual(["queue a", "queue b"]);
  });

  it("goes on in the old file where there is no room for a new one beside it", async () => {
    const { journal, file, directory } = await watched();
    await mkdir(join(directory, "journal.new"));
    let full = true;
    file.beforeWrite = async () => {
      if (full) throw new Error("ENOSPC: no space left on device, write");
    };
    await expect(journal.lease(lease("refused"))).rejects.toThrow("ENOSPC");
    await journal.owe(lease("a"), [{ n: 1 }], settled);
    full = false;
    await new Promise<void>((resolve) => journal.watch((problem) => problem ?? resolve()));
    await journal.lease(lease("b"));
    await journal.end();
    await rm(join(directory, "journal.new"), { recursive: true });
    const { state } = (await opened(directory)).journal;
    expect([...state.open].map(([key, { owed }]) => [key, owed.size])).toEqual([
      ["queue a", 1],
      ["queue b", 0],
    ]);
  });

  it("is rewritten when most of it is past", async () => {
    const directory = await emptyDirectory();
    const { journal, end } = await opened(directory);
    const body = { text: randomBytes(500_000).toString("hex") };
    for (let run = 0; run < 30; run++) {
      const [report] = await journal.owe(lease(`${run}`), [body], settled);
      if (report) await journal.acknowledge(report);
      await journal.close(lease(`${run}`));
      expect((await stat(join(directory, "journal"))).size).toBeLessThan(6_000_000);
    }
    await journal.lease(lease("last"));
    await end();
    expect([...(await opened(directory)).journal.state.open.keys()]).toEqual(["queue last"]);
  });

  it("goes on in the old file when it cannot be rewritten", async () => {
    const directory = await emptyDirectory();
    const { journal, end, log } = await opened(directory);
    await mkdir(join(directory, "journal.new"));
    await journal.owe(lease("a"), [{ text: "x".repeat(5_000_000) }], settled);
    await journal.lease(lease("b"));
    expect(log).toEqual([expect.objectContaining({ level: 40, msg: expect.stringContaining("and grows") })]);
    await rm(join(directory, "journal.new"), { recursive: true });
    await end();
    expect([...(await opened(directory)).journal.state.open.keys()]).toEqual(["queue a", "queue b"]);
  });
});
