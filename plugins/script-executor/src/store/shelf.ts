import { lstat, mkdir, readlink, rename, symlink, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Logger } from "leasehold";
import { readManifest } from "../manifest.ts";
import type { Deletions } from "./deletions.ts";
import { isInstallerAlive, newVersionId } from "./installer.ts";
import { type Layout, linkTarget, versionInLink } from "./layout.ts";
import { Turns } from "./turns.ts";
import type { Lease, Version } from "./version.ts";

/**
 * The versions of one script. A run keeps the version that it began with: what `scripts/<name>` shows is exchanged only
 * while no run uses it under that name. Until then newer runs use the newest version where it is stored.
 */
export class Shelf {
  readonly #name: string;
  readonly #layout: Layout;
  readonly #log: Logger;
  readonly #turns = new Turns();
  readonly #users = new Map<Version, number>();
  readonly #deletions: Deletions;
  /** Ids of versions that came through here. */
  readonly #own = new Set<string>();
  /** Runs that use what is shown under `scripts/<name>`. */
  #shownUsers = 0;
  /** What `scripts/<name>` shows. */
  #shown: Version | undefined;
  /** What the next run gets. */
  #current: Version | undefined;

  constructor(name: string, layout: Layout, deletions: Deletions, log: Logger) {
    this.#name = name;
    this.#deletions = deletions;
    this.#layout = layout;
    this.#log = log;
  }

  /** Whether there is a version for runs. */
  has(): Promise<boolean> {
    return this.#turn(async () => this.#current !== undefined);
  }

  /** The version for a run that begins now; nothing when there is none. */
  take(): Promise<Lease | undefined> {
    return this.#turn(async () => this.#current && this.#lease(this.#current));
  }

  /** Makes a complete version the one for the next runs. When this rejects, everything is as it was. */
  install(version: Version): Promise<void> {
    return this.#turn(async () => {
      if (version.id !== undefined) this.#own.add(version.id);
      if (this.#shownUsers === 0) await this.#show(version);
      const replaced = this.#current;
      this.#current = version;
      if (replaced) this.#discard(replaced);
    });
  }

  /** No run gets this script any more. A folder of somebody else stays; answers whether there was something to remove. */
  remove(): Promise<boolean> {
    return this.#turn(async () => {
      const removed = this.#current;
      if (removed?.id === undefined) return false;
      if (this.#shownUsers === 0) await this.#hide();
      this.#current = undefined;
      this.#discard(removed);
      return true;
    });
  }

  #turn<T>(work: () => Promise<T>): Promise<T> {
    return this.#turns.take(async () => {
      if (!this.#current && !this.#shown) this.#shown = this.#current = await this.#found();
      return work();
    });
  }

  /** What an earlier runner, or a person, has left under `scripts/<name>`. */
  async #found(): Promise<Version | undefined> {
    const directory = this.#layout.place(this.#name);
    const target = await present(readlink(directory), "EINVAL");
    const id = target === undefined ? undefined : versionInLink(target, this.#name);
    if (id === undefined) return (await present(lstat(directory))) && { directory };
    const stored = join(this.#layout.versions, id, this.#name);
    const manifest = await readManifest(stored).catch(() => undefined);
    return manifest && { id, directory: stored, manifest };
  }

  #lease(version: Version): Lease {
    const isShown = version === this.#shown;
    this.#users.set(version, (this.#users.get(version) ?? 0) + 1);
    if (isShown) this.#shownUsers++;
    let released = false;
    const release = () => {
      if (released) return;
      released = true;
      if (isShown) this.#shownUsers--;
      this.#users.set(version, (this.#users.get(version) ?? 1) - 1);
      void this.#turn(() => this.#catchUp(version)).catch((err: unknown) =>
        this.#log.warn({ err, script: this.#name }, "a newer version of a script could not be shown in its place"),
      );
    };
    return { directory: isShown ? this.#layout.place(this.#name) : version.directory, version, release };
  }

  /** Shows what had to wait for a run to end. */
  async #catchUp(released: Version): Promise<void> {
    if (this.#shownUsers === 0 && this.#shown !== this.#current) {
      const outdated = this.#shown;
      if (this.#current) await this.#show(this.#current);
      else await this.#hide();
      if (outdated) this.#discard(outdated);
    }
    this.#discard(released);
  }

  /** Exchanges what `scripts/<name>` shows in one step. A folder of somebody else is set aside, for it cannot be deleted. */
  async #show(version: Version): Promise<void> {
    const { id } = version;
    if (id === undefined) return;
    const place = this.#layout.place(this.#name);
    await mkdir(this.#layout.incoming, { recursive: true });
    const link = join(this.#layout.incoming, `${newVersionId()}.link`);
    await symlink(linkTarget(id, this.#name), link);
    try {
      await this.#makeRoom(place);
      await rename(link, place);
    } catch (thrown) {
      await unlink(link).catch(() => undefined);
      throw thrown;
    }
    this.#shown = version;
  }

  async #makeRoom(place: string): Promise<void> {
    if (!(await present(lstat(place))) || (await this.#isOurs(place))) return;
    const aside = join(this.#layout.setAside, newVersionId(), this.#name);
    await mkdir(dirname(aside), { recursive: true });
    await rename(place, aside);
    this.#log.warn(
      { script: this.#name, kept: aside },
      "a script from the coordinator takes the place of a folder that was not installed by this runner; that is kept",
    );
  }

  async #hide(): Promise<void> {
    const place = this.#layout.place(this.#name);
    if (await this.#isOurs(place)) await unlink(place);
    this.#shown = undefined;
  }

  async #isOurs(place: string): Promise<boolean> {
    const target = await present(readlink(place), "EINVAL");
    return target !== undefined && versionInLink(target, this.#name) !== undefined;
  }

  /** Deletes a version that nobody needs any more; another runner in the same directory deletes its own. */
  #discard(version: Version): void {
    const { id } = version;
    const needed = version === this.#current || version === this.#shown || (this.#users.get(version) ?? 0) > 0;
    if (needed || id === undefined) return;
    this.#users.delete(version);
    if (this.#own.delete(id) || !isInstallerAlive(id)) this.#deletions.begin(dirname(version.directory));
  }
}

/** What a look at the file system finds; nothing when nothing is there, or when it is something else (`other`). */
async function present<T>(look: Promise<T>, other?: string): Promise<T | undefined> {
  try {
    return await look;
  } catch (thrown) {
    const { code = "" } = thrown as NodeJS.ErrnoException;
    if (["ENOENT", "ENOTDIR", other].includes(code)) return undefined;
    throw thrown;
  }
}
