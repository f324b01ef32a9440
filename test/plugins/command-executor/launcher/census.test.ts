import { describe, expect, it } from "vitest";
import { Census } from "../../../../plugins/command-executor/src/launcher/census.ts";
import { ProcFiles } from "../../../../plugins/command-executor/src/launcher/proc-files.ts";

class CountingFiles extends ProcFiles {
  lists = 0;
  examined = 0;
  extraForks = 0;

  override facts(pid: number) {
    this.examined++;
    return super.facts(pid);
  }

  override forks(): number {
    return super.forks() + this.extraForks;
  }

  override pids(): number[] {
    this.lists++;
    return super.pids();
  }
}

describe("Census", () => {
  it("shows every process, this one too", async () => {
    const seen: number[] = [];
    await new Census(new ProcFiles()).look({ since: 0, see: ({ pid }) => seen.push(pid) });
    expect(seen).toContain(process.pid);
    expect(seen).toContain(process.ppid);
  });

  it("shows an observer only what is young enough", async () => {
    const files = new ProcFiles();
    const since = files.facts(process.pid)!.startTime;
    const seen: number[] = [];
    await new Census(files).look({ since, see: ({ startTime }) => seen.push(startTime) });
    expect(Math.min(...seen)).toBe(since);
  });

  it("serves all who wait by one look", async () => {
    const files = new CountingFiles();
    const census = new Census(files);
    const observer = { since: 0, see: () => undefined };
    await Promise.all([census.look(observer), census.look(observer), census.look(observer)]);
    expect(files.lists).toBe(1);
  });

  it("passes over old processes until their pids may have come round", async () => {
    const files = new CountingFiles();
    const census = new Census(files);
    const { startTime } = files.facts(process.pid)!;
    const countOld = async () => {
      files.examined = 0;
      const young: number[] = [];
      await census.look({ since: startTime, see: ({ pid }) => young.push(pid) });
      return files.examined - young.length;
    };
    const all = await countOld();
    expect(await countOld()).toBeLessThan(all / 2);
    files.extraForks = files.pidRound;
    expect(await countOld()).toBeGreaterThan(all / 2);
  });

  it("is not certain when a process is gone before it is examined", async () => {
    const files = new (class extends ProcFiles {
      override pids = () => [2 ** 22 + 1, process.pid];
    })();
    const observer = { since: 0, see: () => undefined };
    expect(await new Census(files).look(observer)).toBe(false);
  });

  it("tells of a look that failed", async () => {
    const files = new (class extends ProcFiles {
      override pids = (): number[] => {
        throw new Error("too many open files");
      };
    })();
    const census = new Census(files);
    await expect(census.look({ since: 0, see: () => undefined })).rejects.toThrow("too many open files");
  });
});
