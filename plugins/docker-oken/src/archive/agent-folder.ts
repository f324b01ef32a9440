import { link, mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { tooLarge } from "./limits.ts";
import { memberPath, refused, resolveSteps, traversal } from "./member-path.ts";

type Kind = "directory" | "file" | "link";

interface Bounds {
  readonly entries: number;
  readonly pathBytes: number;
}

/**
 * An agent's folder while it is unpacked, in a fresh place that nobody else writes to (OKEN-D25). It knows all that it has
 * made, so that no path is ever looked up through a link; symbolic links come last, when all they may lead to is known.
 */
export class AgentFolder {
  readonly #root: string;
  readonly #bounds: Bounds;
  readonly #kinds = new Map<string, Kind>([["", "directory"]]);
  readonly #links = new Map<
    string,
    { readonly name: string; readonly path: readonly string[]; readonly target: string }
  >();

  /** @param root An empty folder. */
  constructor(root: string, bounds: Bounds) {
    this.#root = root;
    this.#bounds = bounds;
  }

  async addDirectory(name: string): Promise<void> {
    await this.#makeDirectory(name, memberPath(name, this.#bounds.pathBytes));
  }

  /** A regular file, executable for all if `executable`; of two with one name the later counts. */
  async addFile(name: string, executable: boolean, content: AsyncIterable<Uint8Array>): Promise<void> {
    const path = await this.#claim(name, "file");
    await writeFile(this.#place(path), content, { flag: "wx", mode: executable ? 0o755 : 0o644 });
  }

  /** Another name for a file that the archive has brought already. */
  async addHardLink(name: string, target: string): Promise<void> {
    const source = memberPath(target, this.#bounds.pathBytes);
    if (this.#kinds.get(source.join("/")) !== "file") throw refused(name, "is a link to no file of the archive");
    const path = memberPath(name, this.#bounds.pathBytes);
    if (path.join("/") === source.join("/")) return;
    await this.#claim(name, "file");
    await link(this.#place(source), this.#place(path));
  }

  async addSymbolicLink(name: string, target: string): Promise<void> {
    if (Buffer.byteLength(target) > this.#bounds.pathBytes || /[\p{Cc}\ufffd]/u.test(target) || target === "")
      throw refused(name, "is a link whose target is no plain path");
    const path = await this.#claim(name, "link");
    this.#links.set(path.join("/"), { name, path, target: target.replaceAll("\\", "/") });
  }

  /** Makes the symbolic links, none of which may lead outside. */
  async finish(): Promise<void> {
    for (const { name, path, target } of this.#links.values()) {
      this.#checkTarget(name, path, target);
      await symlink(target, this.#place(path));
    }
  }

  /** Through another link no step can be judged by its text, so none may follow. */
  #checkTarget(name: string, path: readonly string[], target: string): void {
    if (/^([a-z]:)?\//i.test(target)) throw traversal(name);
    let at: string[] | undefined = path.slice(0, -1);
    for (const step of target.split("/")) {
      if (this.#kinds.get(at.join("/")) === "link") throw refused(name, "is a link that leads through another link");
      at = resolveSteps(at, step);
      if (at === undefined) throw traversal(name);
    }
  }

  async #claim(name: string, kind: "file" | "link"): Promise<string[]> {
    const path = memberPath(name, this.#bounds.pathBytes);
    await this.#makeDirectory(name, path.slice(0, -1));
    const key = path.join("/");
    const earlier = this.#kinds.get(key);
    if (earlier === "directory") throw refused(name, "stands where the archive has a folder");
    if (earlier === "file") await rm(this.#place(path));
    this.#links.delete(key);
    this.#note(key, kind);
    return path;
  }

  async #makeDirectory(name: string, path: readonly string[]): Promise<void> {
    for (let depth = this.#knownDepth(name, path) + 1; depth <= path.length; depth++) {
      this.#note(path.slice(0, depth).join("/"), "directory");
      await mkdir(this.#place(path.slice(0, depth)), { mode: 0o755 });
    }
  }

  /** How much of a path is there: from its end, since what is below a known folder is found at once. */
  #knownDepth(name: string, path: readonly string[]): number {
    let key = path.join("/");
    for (let depth = path.length; depth > 0; depth--) {
      const kind = this.#kinds.get(key);
      if (kind === "directory") return depth;
      if (kind !== undefined) throw refused(name, `lies below a ${kind} of the archive`);
      key = key.slice(0, Math.max(0, key.lastIndexOf("/")));
    }
    return 0;
  }

  #note(key: string, kind: Kind): void {
    this.#kinds.set(key, kind);
    if (this.#kinds.size > this.#bounds.entries + 1)
      throw tooLarge(`it holds more than ${this.#bounds.entries} entries`);
  }

  #place(path: readonly string[]): string {
    return join(this.#root, ...path);
  }
}
