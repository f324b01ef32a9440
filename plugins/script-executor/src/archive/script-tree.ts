import { link, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { shownName } from "../script-name.ts";
import { type Limits, refusal } from "./limits.ts";
import { linkFault } from "./link-target.ts";

/** What stands at a path. A folder that no entry has named yet is `implied`. */
export type NodeKind = "directory" | "implied" | "file" | "link";

/**
 * A script's folder while it is built, in a place that nobody else writes to. It knows everything that it has made, so no
 * path is ever looked up through a link; symbolic links come last, when all they may lead to is there.
 */
export class ScriptTree {
  readonly #root: string;
  readonly #limits: Pick<Limits, "entries">;
  readonly #kinds = new Map<string, NodeKind>();
  readonly #links: { readonly path: readonly string[]; readonly target: string }[] = [];

  /** @param root The folder that becomes the script's; it must not exist, but its parent must. */
  constructor(root: string, limits: Pick<Limits, "entries">) {
    this.#root = root;
    this.#limits = limits;
  }

  /** A folder; what is missing above it is made too. */
  async addDirectory(path: readonly string[]): Promise<void> {
    await this.#addParents(path);
    const known = this.#kinds.get(path.join("/"));
    if (known !== undefined && known !== "implied") throw twice(path);
    if (known === undefined) await this.#make(path, "directory");
    else this.#kinds.set(path.join("/"), "directory");
  }

  /** A regular file; executable for all if `executable`, as far as the process's mask allows. */
  async addFile(path: readonly string[], executable: boolean, content: AsyncIterable<Uint8Array>): Promise<void> {
    await this.#claim(path, "file");
    await writeFile(this.#place(path), content, { flag: "wx", mode: executable ? 0o755 : 0o644 });
  }

  /** Another name for a file that the archive has brought already. */
  async addHardLink(path: readonly string[], target: readonly string[]): Promise<void> {
    if (this.#kinds.get(target.join("/")) !== "file")
      throw refusal(`link ${shown(path)} leads to no file of the script: ${shown(target)}`);
    await this.#claim(path, "file");
    await link(this.#place(target), this.#place(path));
  }

  async addSymbolicLink(path: readonly string[], target: string): Promise<void> {
    await this.#claim(path, "link");
    this.#links.push({ path, target });
  }

  /** Makes the symbolic links, each of which must lead to something inside. */
  async finish(): Promise<void> {
    for (const { path, target } of this.#links) {
      const fault = linkFault(path, target, (inside) => this.#kinds.get(inside));
      if (fault !== undefined) throw refusal(`link ${shown(path)} ${fault}: ${shownName(target)}`);
    }
    for (const { path, target } of this.#links) await symlink(target, this.#place(path));
  }

  /** Notes what is about to be made at a path that must be free. */
  async #claim(path: readonly string[], kind: NodeKind): Promise<void> {
    await this.#addParents(path);
    if (this.#kinds.has(path.join("/"))) throw twice(path);
    this.#note(path, kind);
  }

  async #addParents(path: readonly string[]): Promise<void> {
    for (let depth = 0; depth < path.length; depth++) {
      const above = path.slice(0, depth);
      const known = this.#kinds.get(above.join("/"));
      if (known === "file" || known === "link")
        throw refusal(`entry ${shown(path)} lies below ${shown(above)}, which is a ${known}`);
      if (known === undefined) await this.#make(above, "implied");
    }
  }

  async #make(path: readonly string[], kind: NodeKind): Promise<void> {
    this.#note(path, kind);
    await mkdir(this.#place(path), { mode: 0o755 });
  }

  #note(path: readonly string[], kind: NodeKind): void {
    if (this.#kinds.size >= this.#limits.entries) throw refusal(`it holds more than ${this.#limits.entries} entries`);
    this.#kinds.set(path.join("/"), kind);
  }

  #place(path: readonly string[]): string {
    return join(this.#root, ...path);
  }
}

function twice(path: readonly string[]) {
  return refusal(`entry ${shown(path)} comes twice`);
}

function shown(path: readonly string[]): string {
  return shownName(path.join("/") || ".");
}
