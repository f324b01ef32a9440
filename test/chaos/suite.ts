import { setTimeout as wait } from "node:timers/promises";
import type { RecordEntry } from "@leasehold/embedded-coordinator";
import { FaultProxy } from "../../core/src/testing/faults/proxy.ts";
import { Random } from "../../core/src/testing/faults/random.ts";
import { Client } from "./client.ts";
import { Coordinators } from "./coordinators.ts";
import { targetOf } from "./endpoints.ts";
import type { Facts, RunFacts } from "./facts.ts";
import { type Fault, type FaultKind, FaultPlan } from "./faults.ts";
import { type Happening, type Plan, type PlannedRun, planOf, type StopMoment } from "./plan.ts";
import { Runners } from "./runners.ts";
import { Witness } from "./witness.ts";
import type { World } from "./world.ts";

export interface SuiteSettings {
  readonly seed: number;
  readonly runs: number;
  readonly slots: number;
  /** Without any run coming to its end for so long, the suite gives up on those that are open. */
  readonly stallSeconds: number;
  readonly mutation?: string | undefined;
  readonly onProgress?: (settled: number) => void;
  /** Breaks the play off: it rejects with the signal's reason, and leaves nothing behind. */
  readonly signal?: AbortSignal;
}

const LOOK_MS = 50;
const REFRESH_MS = 1_000;
/** Enough for the runner to be busy while lost runs wait to be found. */
const OPEN_PER_SLOT = 6;
/** A runner that has nothing to write does not notice that it could. */
const MENDING_MS = 3_000;

/** A run that is under way. */
interface Open {
  readonly planned: PlannedRun;
  readonly id: string;
  readonly queuedAt: number;
  stopAsked: boolean;
  settledAt?: number;
}

/** Lets runs go through a runner while everything around it breaks, and gathers what happened. */
export class Suite {
  readonly #settings: SuiteSettings;
  readonly #world: World;
  readonly #plan: Plan;
  readonly #faults: FaultPlan;
  readonly #coordinators: Coordinators;
  readonly #proxy: FaultProxy;
  readonly #runners: Runners;
  readonly #client: Client;
  readonly #witness: Witness;
  readonly #over = new AbortController();
  readonly #runs = new Map<string, Open>();
  readonly #open = new Set<Open>();
  readonly #ids = new Map<string, Open>();
  readonly #counts: Partial<Record<FaultKind, number>> = {};
  readonly #happened: Record<Happening["kind"], number> = {
    "runner killed": 0,
    "runner drained": 0,
    "coordinator restarted": 0,
    "disk full": 0,
    "script changed": 0,
  };
  readonly #worst: Record<string, number> = {};
  #diskFull: Promise<void> = Promise.resolve();
  #requests = 0;
  #settledAt = performance.now();
  #registered = 0;

  constructor(settings: SuiteSettings, world: World) {
    const { seed, runs, slots, mutation, signal } = settings;
    signal?.addEventListener("abort", () => this.#over.abort(signal.reason), { once: true });
    const random = new Random(String(seed));
    this.#settings = settings;
    this.#world = world;
    this.#plan = planOf(random, runs);
    this.#faults = new FaultPlan(random.fork("faults"));
    const data = `${world.directory}/coordinator.sqlite`;
    this.#coordinators = new Coordinators({ data, onEntry: (entry) => this.#witnessed(entry) });
    this.#proxy = new FaultProxy({
      port: () => this.#coordinators.port,
      fault: (method, path) => this.#faultOf(method, path),
    });
    this.#witness = new Witness(world.directory);
    this.#client = new Client(this.#coordinators, this.#over.signal);
    const proxy = this.#proxy;
    this.#runners = new Runners({
      world: world.directory,
      slots,
      mutation,
      get url() {
        return proxy.url;
      },
    });
  }

  /** Plays the whole plan; resolves with the facts however much went wrong. */
  async play(): Promise<Facts> {
    const began = performance.now();
    await this.#coordinators.start(this.#plan);
    await this.#client.prepare();
    await this.#proxy.listen();
    this.#runners.start();
    const watch = setInterval(() => this.#witness.look(), LOOK_MS);
    try {
      await this.#playRuns();
      await this.#diskFull;
      const runs = await this.#factsOfRuns();
      await this.#runners.drain();
      this.#witness.expectNothing();
      return this.#facts(runs, (performance.now() - began) / 1_000);
    } finally {
      clearInterval(watch);
      this.#over.abort();
      await this.#runners.kill();
      this.#witness.expectNothing();
      await this.#proxy.close();
      await this.#coordinators.close();
      this.#witness.close();
    }
  }

  async #playRuns(): Promise<void> {
    const guard = setInterval(() => this.#giveUpStalled(), REFRESH_MS);
    const stalled = this.#stalled.promise;
    try {
      await Promise.race([this.#queueAll(), stalled]);
    } finally {
      clearInterval(guard);
    }
  }

  readonly #stalled = Promise.withResolvers<void>();

  #giveUpStalled(): void {
    if (performance.now() - this.#settledAt > this.#settings.stallSeconds * 1_000) this.#stalled.resolve();
  }

  async #queueAll(): Promise<void> {
    for (const planned of this.#plan.runs) {
      for (const happening of this.#plan.happenings.get(planned.number) ?? []) await this.#make(happening);
      await this.#until(() => this.#open.size < OPEN_PER_SLOT * this.#settings.slots);
      await this.#queue(planned);
    }
    await this.#until(() => this.#open.size === 0);
  }

  async #queue(planned: PlannedRun): Promise<void> {
    const run: Open = { planned, id: await this.#client.submit(planned), queuedAt: Date.now(), stopAsked: false };
    this.#runs.set(planned.session, run);
    this.#ids.set(run.id, run);
    this.#open.add(run);
    this.#stopAt("queued", run);
  }

  async #make(happening: Happening): Promise<void> {
    this.#happened[happening.kind]++;
    switch (happening.kind) {
      case "runner killed":
        await this.#diskFull;
        await this.#runners.kill();
        await wait(happening.ms);
        return this.#runners.start();
      case "runner drained":
        await this.#diskFull;
        await this.#runnerIsUp();
        await this.#runners.drain();
        return this.#runners.start();
      case "coordinator restarted":
        return this.#coordinators.restart(happening);
      case "disk full":
        await this.#diskFull;
        await this.#runnerIsUp();
        this.#diskFull = this.#fillDisk(happening.ms);
        return;
      case "script changed":
        return this.#client.changeScript();
    }
  }

  async #runnerIsUp(): Promise<void> {
    await this.#until(() => this.#registered === this.#runners.generation);
  }

  /**
   * Goes on beside everything else, but for the ends of runners: none can start on a full disk, and what one has in memory
   * until it can write again goes with it.
   */
  async #fillDisk(ms: number): Promise<void> {
    const { pid } = this.#runners;
    this.#world.disk.fill(pid);
    await wait(ms);
    this.#world.disk.free(pid);
    await this.#mended();
  }

  async #mended(): Promise<void> {
    const count = async (text: string) => (await this.#world.grep(text)).length;
    for (let patience = MENDING_MS; patience > 0; patience -= LOOK_MS) {
      if ((await count("the journal cannot be written")) <= (await count("the journal can be written again"))) return;
      await wait(LOOK_MS);
    }
  }

  /** Runs that the coordinator itself has ended leave no report: they are asked for now and then. */
  async #until(reached: () => boolean): Promise<void> {
    while (!reached() && !this.#over.signal.aborted) {
      const soon = AbortSignal.timeout(REFRESH_MS);
      while (!reached() && !soon.aborted) await wait(10);
      if (reached()) return;
      for (const run of [...this.#open]) {
        const { status } = await this.#client.view(run.id);
        if (status === "completed" || status === "failed" || status === "stopped") this.#settled(run);
      }
    }
  }

  #settled(run: Open): void {
    if (!this.#open.delete(run)) return;
    this.#settledAt = performance.now();
    run.settledAt = Date.now();
    this.#note("queued to settled", Date.now() - run.queuedAt);
    this.#settings.onProgress?.(this.#runs.size - this.#open.size);
  }

  #faultOf(method: string, path: string): Fault | undefined {
    this.#requests++;
    const target = targetOf(method, path);
    const { subject = "" } = target;
    const run = (this.#ids.get(subject) ?? this.#runs.get(subject))?.planned.number;
    const fault = this.#faults.next(target, run);
    if (fault) this.#counts[fault.kind] = (this.#counts[fault.kind] ?? 0) + 1;
    return fault;
  }

  /** Follows the coordinator's record. */
  #witnessed({ method, path, status, delivered, body }: RecordEntry): void {
    const { endpoint, subject = "" } = targetOf(method, path);
    if (endpoint === "register") this.#hearRegistration();
    if (status < 200 || status >= 300) return;
    const claimed = this.#ids.get((delivered as { run?: string } | undefined)?.run ?? "");
    if (claimed) this.#stopAt("delivered", claimed);
    const run = this.#ids.get(subject) ?? this.#runs.get(subject);
    if (!run || method !== "POST") return;
    if (endpoint === "started") this.#stopAt("started", run);
    if (endpoint === "event" && (body as { event_type?: unknown }).event_type === "result") this.#stopAt("result", run);
    if (endpoint !== "end") return;
    this.#witness.expectGone(run.planned.session);
    this.#settled(run);
  }

  #hearRegistration(): void {
    const { generation, startedAt } = this.#runners;
    this.#witness.expectPredecessorsGone(generation);
    if (this.#registered === generation) return;
    this.#registered = generation;
    this.#note("runner's start to registration", Date.now() - startedAt);
  }

  #stopAt(moment: StopMoment, run: Open): void {
    if (run.planned.stop !== moment || run.stopAsked) return;
    run.stopAsked = true;
    const asked = Date.now();
    void this.#client
      .stop(run.planned.session)
      .then(() => this.#until(() => run.settledAt !== undefined))
      .then(() => this.#note("stop to settled", Date.now() - asked))
      .catch(() => undefined);
  }

  #note(what: string, ms: number): void {
    this.#worst[what] = Math.max(this.#worst[what] ?? 0, ms);
  }

  async #factsOfRuns(): Promise<RunFacts[]> {
    const facts: RunFacts[] = [];
    const notes = Map.groupBy(this.#witness.notes, ({ session }) => session);
    const record = Map.groupBy(this.#coordinators.record, ({ method, path }) => {
      const { subject = "" } = targetOf(method, path);
      return this.#ids.get(subject)?.planned.session ?? subject;
    });
    for (const { planned, id, stopAsked } of this.#runs.values()) {
      const { status, error } = await this.#client.view(id);
      const events = await this.#client.events(planned.session);
      const own = { notes: notes.get(planned.session) ?? [], record: record.get(planned.session) ?? [], survivors: [] };
      facts.push({ planned, id, status, error, events, stopAsked, ...own });
    }
    return facts;
  }

  #unqueued(): string[] {
    const left = this.#plan.runs.length - this.#runs.size;
    return left === 0 ? [] : [`nothing ended any more, so the suite gave up before it had queued ${left} runs`];
  }

  #facts(runs: readonly RunFacts[], seconds: number): Facts {
    const survivorsOf = (session: string) => [...(this.#witness.survivors.get(session) ?? [])];
    return {
      runs: runs.map((run) => ({ ...run, survivors: survivorsOf(run.planned.session) })),
      slots: this.#settings.slots,
      happened: this.#happened,
      faults: this.#counts,
      requests: this.#requests,
      lastSeen: this.#witness.lastSeen,
      strays: survivorsOf(""),
      deaths: [...this.#runners.deaths, ...this.#unqueued()],
      worst: this.#worst,
      seconds,
    };
  }
}
