import { closeSync, openSync, readdirSync, readFileSync, readSync } from "node:fs";

/** What `/proc/<pid>/stat` tells of a process. */
export interface ProcessFacts {
  readonly pid: number;
  /** Clock ticks from boot to its start; with the pid it names a process for good. */
  readonly startTime: number;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  readonly zombie: boolean;
}

const LARGEST_FILE = 16 * 1024;
/** Numbers that the kernel passes over when it starts the next round. */
const RESERVED_PIDS = 300;
/** Of these the first two mean that the process is gone, the others that it is none of our business. */
const GONE = ["ENOENT", "ESRCH", "EACCES", "EPERM"];
const LOCKS = /^Max file locks +(\S+) +(\S+)/m;

/** Reads `/proc` synchronously: the kernel answers from memory, and a look that waits is out of date. */
export class ProcFiles {
  #pidRound: number | undefined;
  #bootId: string | undefined;
  readonly #buffer = Buffer.allocUnsafe(LARGEST_FILE);

  /** Whether this system has it. */
  get present(): boolean {
    return this.facts(process.pid) !== undefined;
  }

  /** All pids, the youngest first as long as the numbers have not wrapped around. */
  pids(): number[] {
    const names = readdirSync("/proc");
    return names.map(Number).filter(Number.isInteger).reverse();
  }

  facts(pid: number): ProcessFacts | undefined {
    const text = this.#read(`/proc/${pid}/stat`);
    return text === undefined ? undefined : parseStat(pid, text);
  }

  /** Soft and hard limit of file locks; nothing for "unlimited". */
  fileLocks(pid: number | "self"): bigint[] {
    const limits = LOCKS.exec(this.#read(`/proc/${pid}/limits`) ?? "")?.slice(1) ?? [];
    return limits.filter((limit) => /^\d+$/.test(limit)).map(BigInt);
  }

  /** How many processes and threads the machine has started since its boot, at least. */
  forks(): number {
    const found = /^processes (\d+)$/m.exec(readFileSync("/proc/stat", "latin1"))?.[1];
    return found === undefined ? Number.POSITIVE_INFINITY : Number(found);
  }

  /**
   * The pid, or number of a thread, that was given out last among all processes that can be seen from here; nothing where the
   * system does not tell.
   */
  youngest(): number | undefined {
    const found = /(\d+)\s*$/.exec(this.#read("/proc/loadavg") ?? "")?.[1];
    return found === undefined ? undefined : Number(found);
  }

  /** After how many forks a pid may come round again, at the earliest. */
  get pidRound(): number {
    this.#pidRound ??= Number(readFileSync("/proc/sys/kernel/pid_max", "latin1")) - RESERVED_PIDS;
    return this.#pidRound;
  }

  /** Names the time since the machine was started, within which start times mean something. */
  bootId(): string {
    this.#bootId ??= readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
    return this.#bootId;
  }

  #read(path: string): string | undefined {
    try {
      const file = openSync(path, "r");
      try {
        return this.#buffer.toString("latin1", 0, readSync(file, this.#buffer, 0, LARGEST_FILE, 0));
      } finally {
        closeSync(file);
      }
    } catch (error) {
      if (GONE.includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
      throw error;
    }
  }
}

/**
 * The program's name stands in parentheses and may hold anything, parentheses too. A dead main thread with others alive is no zombie.
 */
function parseStat(pid: number, text: string): ProcessFacts | undefined {
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  if (fields.length < 20) return undefined;
  const [state = "", parent, group, session] = fields;
  const startTime = Number(fields[19]);
  return {
    pid,
    startTime,
    parent: Number(parent),
    group: Number(group),
    session: Number(session),
    zombie: "ZXx".includes(state) && Number(fields[17]) <= 1,
  };
}
