import { on } from "node:events";
import { watch } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import {
  type DeliveryAnswer,
  type Feed,
  type JsonObject,
  type LeaseSource,
  type Logger,
  type RunMoment,
  z,
} from "leasehold";

/** What a run is remembered by: plain JSON, enough to report it after a restart. */
interface Ref extends JsonObject {
  readonly id: string;
}

interface Settings {
  /** Absolute path. */
  readonly directory: string;
  readonly slots: number;
  readonly log: Logger;
}

const order = z.object({ agent: z.string().min(1), parameters: z.record(z.string(), z.unknown()).default({}) });
/** An id becomes the name of a file. */
const ORDER_FILE = /^([A-Za-z0-9][A-Za-z0-9_-]{0,99})\.json$/;

export class DirectorySource implements LeaseSource<Ref> {
  readonly name = "sample-plugin";
  /** Outcomes are kept in the journal until `deliver` has answered `accepted`. */
  readonly delivery = "durable";
  readonly slots: number;
  readonly #settings: Settings;
  readonly #taken = new Set<string>();

  constructor(settings: Settings) {
    this.#settings = settings;
    this.slots = settings.slots;
  }

  /** Leases until the signal is aborted. */
  async start(feed: Feed, signal: AbortSignal): Promise<void> {
    for (const folder of ["inbox", "done", "stops"]) await mkdir(this.#at(folder), { recursive: true });
    await Promise.all([
      this.#follow("inbox", signal, () => this.#takeOrders(feed, signal)),
      this.#follow("stops", signal, () => this.#hearStops(feed)),
    ]);
  }

  /** Only the end of a run is told. */
  reports(moment: RunMoment): readonly JsonObject[] {
    if (moment.type !== "settled") return [];
    const { status, result, error } = moment.outcome;
    return [{ type: "end", status, result: result?.text ?? null, error: error?.message ?? null }];
  }

  /** One attempt; written aside and renamed, so that a repetition writes the same and nobody reads half of it. */
  async deliver({ id }: Ref, { type: _, ...end }: JsonObject): Promise<DeliveryAnswer> {
    const file = this.#at("done", `${id}.json`);
    await writeFile(`${file}.part`, JSON.stringify(end));
    await rename(`${file}.part`, file);
    return "accepted";
  }

  async release({ id }: Ref): Promise<void> {
    await rm(this.#at("inbox", `${id}.json`), { force: true });
    this.#taken.delete(id);
  }

  /** Looks at once, and again whenever something changes there. */
  async #follow(folder: string, signal: AbortSignal, look: () => Promise<void>): Promise<void> {
    const watcher = watch(this.#at(folder));
    try {
      // Heard from now on, so that nothing is missed between the first look and the next.
      const changes = on(watcher, "change", { signal });
      await look();
      for await (const _ of changes) await look();
    } catch (thrown) {
      if (!signal.aborted) throw thrown;
    } finally {
      watcher.close();
    }
  }

  async #takeOrders(feed: Feed, signal: AbortSignal): Promise<void> {
    for (const name of (await readdir(this.#at("inbox"))).toSorted()) {
      const id = ORDER_FILE.exec(name)?.[1];
      if (id === undefined || this.#taken.has(id)) continue;
      // Back-pressure: nothing is taken before there is room for it.
      const slot = await feed.slot(signal);
      const run = await this.#read(id);
      this.#taken.add(id);
      if (run) feed.offer({ ref: { id }, run }, slot);
      else slot.release();
    }
  }

  async #read(id: string) {
    try {
      const text = await readFile(this.#at("inbox", `${id}.json`), "utf8");
      const { agent, parameters } = order.parse(JSON.parse(text));
      const session = { id: `session-of-${id}`, mode: "start" } as const;
      return { id, agent: { name: agent }, session, parametersText: JSON.stringify(parameters) };
    } catch (err) {
      this.#settings.log.warn({ err, id }, "a file in the inbox is no run; it is left alone");
      return undefined;
    }
  }

  async #hearStops(feed: Feed): Promise<void> {
    for (const id of await readdir(this.#at("stops"))) {
      await feed.stop({ run: id });
      await rm(this.#at("stops", id), { force: true });
    }
  }

  #at(...parts: string[]): string {
    return path.join(this.#settings.directory, ...parts);
  }
}
