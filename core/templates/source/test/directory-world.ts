import { on } from "node:events";
import { existsSync, watch } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { JsonObject } from "leasehold";
import type { Heard, SourceWorld } from "leasehold/testing";
import { samplePlugin } from "../src/index.ts";

/** The directory as those who want runs see it. */
export class DirectoryWorld implements SourceWorld {
  static readonly slots = 2;
  readonly #directory: string;
  #sent = 0;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  static async open(): Promise<DirectoryWorld> {
    const world = new DirectoryWorld(await mkdtemp(path.join(tmpdir(), "sample-plugin-")));
    for (const folder of ["inbox", "done", "stops"]) await mkdir(world.#at(folder));
    return world;
  }

  create() {
    return samplePlugin({ directory: this.#directory, slots: DirectoryWorld.slots });
  }

  async send(parameters: JsonObject): Promise<string> {
    const id = `run-${String(++this.#sent).padStart(3, "0")}`;
    await this.put(id, { agent: "conformance", parameters });
    return id;
  }

  heard(run: string): Heard[] {
    return existsSync(this.#at("done", `${run}.json`)) ? ["end"] : [];
  }

  async ended(run: string): Promise<void> {
    const watcher = watch(this.#at("done"));
    const changes = on(watcher, "change");
    while (this.heard(run).length === 0) await changes.next();
    watcher.close();
  }

  /** What was written of the end of a run. */
  async end(run: string): Promise<unknown> {
    await this.ended(run);
    return JSON.parse(await readFile(this.#at("done", `${run}.json`), "utf8"));
  }

  async put(id: string, order: JsonObject): Promise<void> {
    const file = this.#at("inbox", `${id}.json`);
    await writeFile(`${file}.part`, JSON.stringify(order));
    await rename(`${file}.part`, file);
  }

  async resend(run: string): Promise<void> {
    await this.put(run, { agent: "conformance", parameters: { held: true } });
  }

  async stop(run: string): Promise<void> {
    await writeFile(this.#at("stops", run), "");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#directory, { recursive: true, force: true });
  }

  #at(...parts: string[]): string {
    return path.join(this.#directory, ...parts);
  }
}
