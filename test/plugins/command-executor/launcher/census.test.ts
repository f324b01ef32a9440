import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it, onTestFinished } from "vitest";
import { Census, type Sighting } from "../../../../plugins/command-executor/src/launcher/census.ts";
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

const wants = () => true;

describe("Census", () => {
  it("shows every process, this one too", async () => {
    const seen: number[] = [];
    await new Census(new ProcFiles()).look({ since: 0, wants, see: ({ pid }) => seen.push(pid) });
    expect(seen).toContain(process.pid);
    expect(seen).toContain(process.ppid);
  });

  it("shows an observer only what is young enough", async () => {
    const files = new ProcFiles();
    const since = files.facts(process.pid)!.startTime;
    const seen: number[] = [];
    await new Census(files).look({ since, wants, see: ({ startTime }) => seen.push(startTime) });
    expect(Math.min(...seen)).toBe(since);
  });

  it("serves all who wait by one look", async () => {
    const files = new CountingFiles();
    const census = new Census(files);
    const observer = { since: 0, wants, see: () => undefined };
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
      await census.look({ since: startTime, wants, see: ({ pid }) => young.push(pid) });
      return files.examined - young.length;
    };
    const all = await countOld();
    expect(await countOld()).toBeLessThan(all / 2);
    files.extraForks = files.pidRound;
    expect(await countOld()).toBeGreaterThan(all / 2);
  });

  it("is torn when a process is gone before it is examined", async () => {
    const files = new (class extends ProcFiles {
      override pids = () => [2 ** 22 + 1, process.pid];
      override youngest = () => this.forksSoFar++;
      forksSoFar = 0;
    })();
    const observer = { since: 0, wants, see: () => undefined };
    expect(await new Census(files).look(observer)).toBe("torn");
  });

  it("is whole when nothing was started meanwhile, on a machine that tells", async () => {
    const files = new (class extends ProcFiles {
      given = 7;
      override youngest = () => this.given;
    })();
    const census = new Census(files);
    const observer = { since: 0, wants, see: () => undefined };
    expect(await census.look(observer)).not.toBe("whole");
    files.given++;
    expect(await census.look(observer)).toBe("whole");
  });

  it("passes over those that bear numbers nobody wants, once it knows them", async () => {
    const census = new Census(new ProcFiles());
    const marked = spawn("prlimit", ["--locks=4611686018427387904", "--", "sleep", "1000"]);
    onTestFinished(() => void marked.kill());
    const seen: number[] = [];
    const look = async (wanted: boolean) => {
      seen.length = 0;
      await census.look({
        since: 0,
        wants: () => wanted,
        see: ({ pid, fileLocks }) => fileLocks.length > 0 && seen.push(pid),
      });
      return seen.includes(marked.pid!);
    };
    while (!(await look(true)));
    expect(await look(false)).toBe(false);
    expect(await look(true)).toBe(true);
  });

  it("asks a process that bore no number again", async () => {
    const census = new Census(new ProcFiles());
    const limits = 'read _; exec prlimit --locks=4611686018427387904 -- sh -c "echo; exec sleep 1000"';
    const late = spawn("sh", ["-c", limits]);
    onTestFinished(() => void late.kill());
    const look = async () => {
      let found: readonly bigint[] = [];
      const see = ({ pid, fileLocks }: Sighting) => {
        if (pid === late.pid) found = fileLocks;
      };
      await census.look({ since: 0, wants, see });
      return found;
    };
    expect(await look()).toEqual([]);
    late.stdin.write("\n");
    await once(late.stdout, "data");
    expect(await look()).toContain(4611686018427387904n);
  });

  it("tells of a look that failed", async () => {
    const files = new (class extends ProcFiles {
      override pids = (): number[] => {
        throw new Error("too many open files");
      };
    })();
    const census = new Census(files);
    await expect(census.look({ since: 0, wants, see: () => undefined })).rejects.toThrow("too many open files");
  });
});
