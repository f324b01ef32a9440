import { randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Logger } from "leasehold";
import { type AgentRecord, agentRecord } from "./agent-record.ts";

const RECORD = ".json";
const BUILD_LOG = ".build.log";
/** Of files that are being written. */
const BESIDE = ".new";
/** Of code that makes room for newer. */
const ASIDE = ".old-";

/**
 * What the data directory holds of agents: `registry/<id>.json`, `registry/<id>.build.log`, `agents/<id>` (the code)
 * and `instance`. Everything is written beside its place and moved there, so that nobody sees half of it.
 */
export class AgentFiles {
  readonly #registry: string;
  readonly #code: string;
  readonly #dataDir: string;
  readonly #log: Logger;

  constructor(dataDir: string, log: Logger) {
    this.#dataDir = dataDir;
    this.#registry = join(dataDir, "registry");
    this.#code = join(dataDir, "agents");
    this.#log = log;
  }

  /** Makes the directories. Throws when the data directory cannot be written. */
  async open(): Promise<void> {
    for (const directory of [this.#registry, this.#code]) await makeFolder(directory);
  }

  /** The name by which this data directory's containers are told from others', made on first use. */
  async instance(): Promise<string> {
    const file = join(this.#dataDir, "instance");
    const kept = await readIfThere(file);
    if (kept?.trim()) return kept.trim();
    const made = randomUUID();
    await replace(file, `${made}\n`);
    return made;
  }

  /** All records, in order of registration. What cannot be read is logged, set aside and left out. */
  async load(): Promise<AgentRecord[]> {
    const names = (await readdir(this.#registry)).filter((name) => name.endsWith(RECORD));
    const records = await Promise.all(names.map((name) => this.#read(name)));
    await this.#tidy();
    return records.filter((record) => record !== undefined).sort((one, other) => one.order - other.order);
  }

  async save(record: AgentRecord): Promise<void> {
    await replace(this.#recordOf(record.agentId), `${JSON.stringify(record)}\n`);
  }

  async saveBuildLog(agentId: string, log: string): Promise<void> {
    await replace(join(this.#registry, agentId + BUILD_LOG), log);
  }

  /** Nothing when no image was ever built. */
  async buildLog(agentId: string): Promise<string | undefined> {
    return await readIfThere(join(this.#registry, agentId + BUILD_LOG));
  }

  /** Puts a folder in the place of the agent's code (OKEN-D25). The folder must be on the data directory's file system. */
  async swapCode(agentId: string, folder: string): Promise<void> {
    await makeFolder(this.#code);
    const place = join(this.#code, agentId);
    const aside = join(this.#dataDir, `${ASIDE}${randomUUID()}`);
    await rename(place, aside).catch(ignoreAbsent);
    await rename(folder, place);
    await rm(aside, { recursive: true, force: true });
  }

  /** Deletes all that is kept of an agent (OKEN-D34). */
  async forget(agentId: string): Promise<void> {
    // The record first: an agent without code is harmless, code without a record would come back as a leak.
    await rm(this.#recordOf(agentId), { force: true });
    await rm(join(this.#registry, agentId + BUILD_LOG), { force: true });
    await rm(join(this.#code, agentId), { recursive: true, force: true });
  }

  async #read(name: string): Promise<AgentRecord | undefined> {
    const file = join(this.#registry, name);
    try {
      const record = agentRecord.parse(JSON.parse(await readFile(file, "utf8")));
      if (record.agentId + RECORD === name) return record;
      throw new Error(`it tells of an agent called ${JSON.stringify(record.agentId)}`);
    } catch (thrown) {
      // A disk that cannot be read now says nothing about the record.
      const { syscall, code } = thrown as NodeJS.ErrnoException;
      if (syscall !== undefined && code !== "EISDIR") throw thrown;
      this.#log.error({ err: thrown, file }, `${file} is no record of an agent; it is set aside as ${file}.bad`);
      await rename(file, `${file}.bad`).catch(() => undefined);
      return undefined;
    }
  }

  /** Deletes what a killed predecessor left half done: files beside their places, and all of agents without a record. */
  async #tidy(): Promise<void> {
    const names = await readdir(this.#registry);
    const kept = new Set(names.flatMap((name) => /^(.+)\.json(?:\.bad)?$/.exec(name)?.[1] ?? []));
    const isLeft = (name: string) =>
      name.endsWith(BESIDE) || (name.endsWith(BUILD_LOG) && !kept.has(name.slice(0, -BUILD_LOG.length)));
    const left = [
      ...names.filter(isLeft).map((name) => join(this.#registry, name)),
      ...(await readdir(this.#code)).filter((id) => !kept.has(id)).map((id) => join(this.#code, id)),
      ...(await readdir(this.#dataDir))
        .filter((name) => name.startsWith(ASIDE) || name.endsWith(BESIDE))
        .map((name) => join(this.#dataDir, name)),
    ];
    for (const path of left)
      await rm(path, { recursive: true, force: true }).catch((thrown) =>
        this.#log.warn({ err: thrown, path }, `${path} is of no use, and could not be deleted`),
      );
  }

  #recordOf(agentId: string): string {
    return join(this.#registry, agentId + RECORD);
  }
}

async function replace(file: string, text: string): Promise<void> {
  const beside = `${file}.${randomUUID()}${BESIDE}`;
  try {
    await writeFile(beside, text, { mode: 0o600 }).catch(async (thrown: NodeJS.ErrnoException) => {
      if (thrown.code !== "ENOENT") throw thrown;
      await makeFolder(dirname(file));
      await writeFile(beside, text, { mode: 0o600 });
    });
    await rename(beside, file);
  } catch (thrown) {
    await rm(beside, { force: true }).catch(() => undefined);
    throw thrown;
  }
}

/** Also while the runner runs: whoever tidies `/tmp` takes folders that are empty, or old. */
async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
}

async function readIfThere(file: string): Promise<string | undefined> {
  return await readFile(file, "utf8").catch(ignoreAbsent);
}

function ignoreAbsent(thrown: NodeJS.ErrnoException): undefined {
  if (thrown.code === "ENOENT") return undefined;
  throw thrown;
}
