import type { Logger } from "leasehold";
import type { Limits } from "../archive/limits.ts";
import { ScriptFault } from "../script-fault.ts";
import { isScriptName, shownName } from "../script-name.ts";
import type { HeldScript, ScriptOrigin, Scripts } from "../scripts.ts";
import type { ScriptStore } from "../store/script-store.ts";
import { fetchScript } from "./fetch-script.ts";
import { Permits } from "./permits.ts";
import { RetriedTask, type RetryTiming } from "./retried-task.ts";
import { untilAborted } from "./until-aborted.ts";

export interface KeeperSettings {
  readonly store: ScriptStore;
  readonly log: Logger;
  readonly limits: Limits;
  readonly readyTimeoutSeconds: number;
  readonly downloadTimeoutSeconds: number;
  readonly parallelSyncs: number;
  readonly timing: RetryTiming;
}

type Change = "sync" | "remove";

/** Keeps the scripts of one runner in step with their origin. */
export class ScriptKeeper implements Scripts {
  readonly #settings: KeeperSettings;
  readonly #permits: Permits;
  readonly #tasks = new Map<string, RetriedTask<Change>>();
  readonly #listing: RetriedTask<"list">;
  readonly #closed = new AbortController();
  #origin: ScriptOrigin | undefined;

  constructor(settings: KeeperSettings) {
    this.#settings = settings;
    this.#permits = new Permits(settings.parallelSyncs);
    this.#listing = this.#task("the list of scripts", () => this.#followList());
  }

  connect(origin: ScriptOrigin): void {
    this.#origin = origin;
  }

  installed(): Promise<readonly string[]> {
    return this.#settings.store.installed();
  }

  sync(names: readonly string[]): void {
    for (const name of this.#proper(names)) this.#taskOf(name).want("sync");
  }

  remove(names: readonly string[]): void {
    for (const name of this.#proper(names)) this.#taskOf(name).want("remove");
  }

  reconcile(): void {
    this.#listing.want("list");
  }

  async ready(name: string, signal: AbortSignal): Promise<void> {
    if (!isScriptName(name)) throw this.notFound(name);
    const { readyTimeoutSeconds } = this.#settings;
    const task = this.#taskOf(name);
    const late = new AbortController();
    const expire = () => late.abort(notReady(name, readyTimeoutSeconds, task.failure ?? this.#listing.failure));
    const timer = setTimeout(expire, readyTimeoutSeconds * 1_000);
    const patience = AbortSignal.any([signal, late.signal]);
    await untilAborted(this.#arrival(name, task), patience).finally(() => clearTimeout(timer));
  }

  async hold(name: string, signal: AbortSignal): Promise<HeldScript> {
    await this.ready(name, signal);
    const lease = await this.#settings.store.shelf(name).take();
    if (!lease) throw this.notFound(name);
    const { directory, version } = lease;
    return { directory, ...(version.id === undefined ? {} : { version: version.id }), release: () => lease.release() };
  }

  /** The error for a script that is not there, in the words of the protocol (§4.3). */
  notFound(name: string): ScriptFault {
    const place = isScriptName(name) ? this.#settings.store.layout.place(name) : this.#settings.store.layout.root;
    return new ScriptFault(
      "SCRIPT_NOT_FOUND",
      `Error: Script ${shownName(name)} not found in local scripts directory\nExpected location: ${place}`,
    );
  }

  /** Ends what is under way; nothing begins any more. */
  async close(): Promise<void> {
    this.#closed.abort(new Error("the runner ends"));
    await Promise.all([this.#listing, ...this.#tasks.values()].map((task) => task.idle()));
    await this.#settings.store.deletions.done();
  }

  /** Why the last attempt to fetch a script came to nothing, if it did. */
  failureOf(name: string): unknown {
    return this.#tasks.get(name)?.failure;
  }

  /** A script that is not there may have been announced to a poll that was lost: then it is asked for. */
  async #arrival(name: string, task: RetriedTask<Change>): Promise<void> {
    const shelf = this.#settings.store.shelf(name);
    await task.idle();
    if (await shelf.has()) return;
    await this.#listing.idle();
    if (this.#origin && !task.busy) task.want("sync");
    await task.idle();
    if (await shelf.has()) return;
    if (task.failure instanceof ScriptFault) throw unusable(name, task.failure);
    throw this.notFound(name);
  }

  #taskOf(name: string): RetriedTask<Change> {
    const known = this.#tasks.get(name);
    if (known) return known;
    const task = this.#task<Change>(`script ${shownName(name)}`, (change) => this.#perform(name, change));
    this.#tasks.set(name, task);
    return task;
  }

  #task<Wanted>(what: string, perform: (wanted: Wanted) => Promise<void>): RetriedTask<Wanted> {
    const { timing } = this.#settings;
    const onFailure = (thrown: unknown, failures: number) => this.#logFailure(what, thrown, failures);
    return new RetriedTask({ perform, onFailure, timing, signal: this.#closed.signal });
  }

  async #perform(name: string, change: Change): Promise<void> {
    await this.#permits.hold(() => (change === "sync" ? this.#fetch(name) : this.#drop(name)));
  }

  async #fetch(name: string): Promise<void> {
    const { store, limits, log } = this.#settings;
    const version = await fetchScript({ name, origin: this.#requireOrigin(), store, limits, signal: this.#attempt() });
    if (!version) return this.#drop(name);
    await store.shelf(name).install(version);
    log.info({ script: name }, "a script is in step with the coordinator");
  }

  async #drop(name: string): Promise<void> {
    const { store, log } = this.#settings;
    if (await store.shelf(name).remove()) log.info({ script: name }, "a script is removed: the coordinator has none");
    else log.debug({ script: name }, "the coordinator has no such script, and none was installed from there");
  }

  /**
   * A list shows the names inside `script.json`, which need not be those that scripts are downloaded by (protocol §1.5). So
   * what is installed but not listed is not removed at once: it is asked for, and goes when the origin has none.
   */
  async #followList(): Promise<void> {
    const attempt = this.#attempt();
    const listed = await untilAborted(this.#requireOrigin().list(attempt), attempt);
    this.sync([...new Set([...listed, ...(await this.#settings.store.installed())])]);
  }

  #requireOrigin(): ScriptOrigin {
    if (this.#origin) return this.#origin;
    throw new ScriptFault("SCRIPT_NOT_FOUND", "no source of scripts is connected");
  }

  #attempt(): AbortSignal {
    const seconds = this.#settings.downloadTimeoutSeconds;
    return AbortSignal.any([this.#closed.signal, AbortSignal.timeout(seconds * 1_000)]);
  }

  #proper(names: readonly string[]): string[] {
    const odd = names.filter((name) => !isScriptName(name)).map(shownName);
    if (odd.length > 0)
      this.#settings.log.error(
        { scripts: odd },
        "scripts are left alone: their names are no plain, visible file names",
      );
    return names.filter(isScriptName);
  }

  #logFailure(what: string, thrown: unknown, failures: number): void {
    const { log } = this.#settings;
    if (thrown instanceof ScriptFault) log.error(`${what} could not be brought in step: ${thrown.message}`);
    else if (Number.isInteger(Math.log2(failures)))
      log.warn({ failures }, `${what} could not be brought in step, trying again: ${reasonOf(thrown)}`);
  }
}

function notReady(name: string, seconds: number, failure: unknown): ScriptFault {
  const reason = failure === undefined ? "its download is still under way" : reasonOf(failure);
  return new ScriptFault(
    "SCRIPT_NOT_READY",
    `Error: Script ${shownName(name)} could not be brought in step with the coordinator within ${seconds} s\nLast failure: ${reason}`,
    { cause: failure },
  );
}

function unusable(name: string, fault: ScriptFault): ScriptFault {
  const message = `Error: Script ${shownName(name)} could not be taken from the coordinator\n${fault.message}`;
  return new ScriptFault(fault.code, message, { cause: fault });
}

function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message || thrown.name : String(thrown);
}
