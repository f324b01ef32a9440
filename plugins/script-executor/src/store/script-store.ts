import { mkdir, readdir, readlink, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Logger } from "leasehold";
import { isScriptName } from "../script-name.ts";
import { Deletions } from "./deletions.ts";
import { isInstallerAlive, isOfThisHost, isVersionId } from "./installer.ts";
import { Layout, versionInLink } from "./layout.ts";
import { Shelf } from "./shelf.ts";

/** What a runner of another host has left counts as abandoned after this time. */
const ABANDONED_MS = 24 * 60 * 60 * 1_000;

/** All scripts below `<project directory>/scripts`. Nothing is written before the first script arrives. */
export class ScriptStore {
  readonly layout: Layout;
  readonly deletions: Deletions;
  readonly #log: Logger;
  readonly #shelves = new Map<string, Shelf>();
  #prepared: Promise<void> | undefined;

  constructor(projectDir: string, log: Logger) {
    this.layout = new Layout(projectDir);
    this.deletions = new Deletions(log);
    this.#log = log;
  }

  /** The shelf of a script, whose name must be one. */
  shelf(name: string): Shelf {
    const known = this.#shelves.get(name);
    if (known) return known;
    const shelf = new Shelf(name, this.layout, this.deletions, this.#log);
    this.#shelves.set(name, shelf);
    return shelf;
  }

  /** Names of the scripts that Leasehold has installed here. */
  async installed(): Promise<string[]> {
    const names = await this.all();
    const versions = await Promise.all(names.map((name) => this.#versionOf(name)));
    return names.filter((_, index) => versions[index] !== undefined);
  }

  /** Names of all scripts, those of others included. */
  async all(): Promise<string[]> {
    return (await listed(this.layout.root)).filter(isScriptName);
  }

  /** Names of the scripts that a run could find: plain files beside them are somebody else's. */
  async folders(): Promise<string[]> {
    const names = await this.all();
    const found = await Promise.all(names.map((name) => stat(this.layout.place(name)).catch(() => undefined)));
    return names.filter((_, index) => found[index] === undefined || found[index].isDirectory());
  }

  /** Makes the directories, and once per runner deletes what crashed ones have left. */
  async prepare(): Promise<void> {
    this.#prepared ??= this.#sweep();
    await this.#prepared.catch((err: unknown) => this.#log.warn({ err }, "leftovers in the scripts' directory stay"));
    await mkdir(this.layout.versions, { recursive: true });
    await mkdir(this.layout.incoming, { recursive: true });
  }

  /** Versions that nothing links to and halves of downloads, unless their runner may still be alive. */
  async #sweep(): Promise<void> {
    const { versions, incoming } = this.layout;
    const linked = new Set(await Promise.all((await this.all()).map((name) => this.#versionOf(name))));
    for (const directory of [versions, incoming])
      for (const id of await listed(directory))
        if (!linked.has(id) && (await isAbandoned(id, join(directory, id)))) this.deletions.begin(join(directory, id));
  }

  async #versionOf(name: string): Promise<string | undefined> {
    const target = await readlink(this.layout.place(name)).catch(() => undefined);
    return target === undefined ? undefined : versionInLink(target, name);
  }
}

async function isAbandoned(id: string, path: string): Promise<boolean> {
  if (!isVersionId(id)) return false;
  if (!isInstallerAlive(id)) return true;
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && Date.now() - found.mtimeMs > ABANDONED_MS && !isOfThisHost(id);
}

async function listed(directory: string): Promise<string[]> {
  return readdir(directory).catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code === "ENOENT") return [];
    throw thrown;
  });
}
