import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type EmbeddedCoordinator, startEmbeddedCoordinator } from "@leasehold/embedded-coordinator";
import { createRunner, definePlugin, type Plugin, refuse, succeeded } from "leasehold";
import { afterEach, describe, expect, it } from "vitest";
import { options } from "../../../plugins/coordinator/src/options.ts";
import { CoordinatorSource } from "../../../plugins/coordinator/src/source.ts";
import { protocolTiming } from "../../../plugins/coordinator/src/timing.ts";
import { executor } from "../../fixtures/kinds.ts";
import { reopened } from "../../fixtures/reopened.ts";
import { type Fault, Middleman } from "./middleman.ts";
import { echoProfile, quiet } from "./test-source.ts";

const SEEDS = [3, 5, 14, 19];
const RUNS = 24;
const BEAT_SECONDS = 0.4;
const STALE_SECONDS = 2;
/** Longer than one of them can be cut off without an end: whoever reports nothing for so long has not got the run. */
const FORGOTTEN_MS = 25_000;

const timing = { ...protocolTiming, backoffBaseMs: 20, backoffCapMs: 200, requestMs: 1_500, stopCheckMs: 100 };
const twinTiming = {
  ...timing,
  staleMs: 900,
  unwatchedMs: 0,
  lateMs: 1_000,
  abandonMs: 2_500,
  forgottenMs: FORGOTTEN_MS,
};

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

describe("two runners of one identity, with state directories of their own", () => {
  it.each(SEEDS)(
    "never lease at once nor settle each other's runs, with seed %i",
    { timeout: 90_000 },
    async (seed) => {
      const world = await World.start(seed);
      const twins = [await Twin.start("a", world), await Twin.start("b", world)];
      const runs = await world.play(twins);
      await world.over(runs);
      expect(twins.flatMap(({ violations }) => violations)).toEqual([]);
      for (const run of runs) {
        const [holders, settlers] = [
          twins.filter(({ received }) => received.has(run)),
          twins.filter(({ settled }) => settled.has(run)),
        ];
        expect(holders.length, `receivers of ${run}`).toBeLessThanOrEqual(1);
        if (holders.length === 1) expect(settlers, `settlers of ${run}`).toEqual(holders);
        expect(
          twins.reduce((sum, { executed }) => sum + executed.filter((id) => id === run).length, 0),
        ).toBeLessThanOrEqual(1);
      }
      expect(twins.some(({ executed }) => executed.length > 0)).toBe(true);
    },
  );
});

/** A coordinator that may be restarted, a directory, and chance. */
class World {
  coordinator: EmbeddedCoordinator;
  readonly directory: string;
  readonly random: () => number;
  #restartedAt = Number.NEGATIVE_INFINITY;
  #stalledAt = Number.NEGATIVE_INFINITY;

  private constructor(coordinator: EmbeddedCoordinator, directory: string, random: () => number) {
    this.coordinator = coordinator;
    this.directory = directory;
    this.random = random;
  }

  static async start(seed: number): Promise<World> {
    const directory = await mkdtemp(path.join(tmpdir(), "leasehold-twins-"));
    ends.push(() => rm(directory, { recursive: true, force: true }));
    const world = new World(await open(directory), directory, chance(seed));
    ends.push(() => world.coordinator.close());
    world.#watchForStalls();
    return world;
  }

  /** Submits runs while the network and the coordinator misbehave, and heals them. */
  async play(twins: readonly Twin[]): Promise<string[]> {
    const runs: string[] = [];
    for (let step = 0; step < RUNS; step++) {
      runs.push(await this.submit());
      const [dice, twin] = [this.random(), twins[Math.floor(this.random() * 2)] as Twin];
      if (dice < 0.1) await this.#restart();
      else if (dice < 0.3) twin.cutFor(STALE_SECONDS * 1_000 * (0.5 + this.random()));
      await new Promise((resolve) => setTimeout(resolve, this.random() * 400));
    }
    for (const twin of twins) twin.heal();
    return runs;
  }

  async submit(): Promise<string> {
    const body = JSON.stringify({ type: "start_session", agent_name: "echo", parameters: { message: "x" } });
    const init = { method: "POST", headers: { "content-type": "application/json" }, body };
    for (;;) {
      const answer = await fetch(`${this.coordinator.url}/runs`, init);
      // While nobody is registered nobody offers the agent.
      if (answer.status === 201) return ((await answer.json()) as { run_id: string }).run_id;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async over(runs: readonly string[]): Promise<void> {
    const statusOf = async (run: string) =>
      `${run} ${((await (await fetch(`${this.coordinator.url}/runs/${run}`)).json()) as { status: string }).status}`;
    await expect
      .poll(async () => (await Promise.all(runs.map(statusOf))).filter((it) => !/completed|failed|stopped/.test(it)), {
        timeout: 60_000,
        interval: 100,
      })
      .toEqual([]);
  }

  /**
   * Whether a poll may be under way that left before its twin could know: the coordinator was restarted, or this process, which
   * is both twins and the coordinator, stood still for so long that a runner was taken for stale.
   */
  get isUnsettled(): boolean {
    return performance.now() - Math.max(this.#restartedAt, this.#stalledAt) < protocolTiming.underWayMs;
  }

  #watchForStalls(): void {
    let lookedAt = performance.now();
    const looking = setInterval(() => {
      const now = performance.now();
      if (now - lookedAt > (STALE_SECONDS * 1_000) / 2) this.#stalledAt = now;
      lookedAt = now;
    }, 50);
    ends.push(async () => clearInterval(looking));
  }

  async #restart(): Promise<void> {
    const { port } = this.coordinator;
    await this.coordinator.close();
    this.coordinator = await reopened(() => open(this.directory, port));
    this.#restartedAt = performance.now();
  }
}

function open(directory: string, port = 0): Promise<EmbeddedCoordinator> {
  return startEmbeddedCoordinator({
    port,
    data: path.join(directory, "coordinator.db"),
    pollTimeoutSeconds: 0.5,
    heartbeatIntervalSeconds: BEAT_SECONDS,
    staleThresholdSeconds: STALE_SECONDS,
    lifecycleIntervalSeconds: 0.2,
    runRecoveryMode: "none",
  });
}

/** One of the two: a real runner behind a network of its own, with what it did. */
class Twin {
  readonly name: string;
  readonly executed: string[] = [];
  readonly received = new Set<string>();
  readonly settled = new Set<string>();
  readonly violations: string[] = [];
  readonly #world: World;
  #instance: unknown;
  #cutUntil = 0;
  #faulty = true;

  private constructor(name: string, world: World) {
    this.name = name;
    this.#world = world;
  }

  static async start(name: string, world: World): Promise<Twin> {
    const twin = new Twin(name, world);
    const middleman = await Middleman.start(() => world.coordinator.url);
    ends.push(() => middleman[Symbol.asyncDispose]());
    middleman.fault = () => twin.#fault();
    middleman.onRequest = (request) => twin.#onRequest(request);
    middleman.onAnswer = (request, body) => twin.#onAnswer(request.path, body);
    await twin.#run(middleman.url);
    return twin;
  }

  cutFor(ms: number): void {
    this.#cutUntil = performance.now() + ms;
  }

  heal(): void {
    this.#faulty = false;
    this.#cutUntil = 0;
  }

  #fault(): Fault {
    if (performance.now() < this.#cutUntil) return "cut";
    if (!this.#faulty || this.#world.random() < 0.8) return "pass";
    return (["lose", "cut", "500", "slow", "garbage", "lose"] as const)[Math.floor(this.#world.random() * 6)] as Fault;
  }

  /** A poll must reach the coordinator under the twin's own registration only, but for one that was under way at a restart. */
  async #onRequest({ method, path, body }: { method: string; path: string; body: string }): Promise<void> {
    if (path === "/runner/register") this.#instance = JSON.parse(body).executor.leasehold_instance;
    const terminal = /^\/runner\/runs\/(.*)\/(?:completed|failed|stopped)$/.exec(path);
    if (method === "POST" && terminal) this.settled.add(terminal[1] as string);
    if (path !== "/runner/runs") return;
    const listed = await fetch(`${this.#world.coordinator.url}/runners`).catch(() => undefined);
    const { runners } = ((await listed?.json().catch(() => undefined)) ?? { runners: [] }) as Roster;
    const instances = runners.map(({ executor }) => executor["leasehold_instance"]);
    if (instances.length > 0 && !instances.includes(this.#instance) && !this.#world.isUnsettled)
      this.violations.push(`${this.name} polled in the other's place`);
  }

  #onAnswer(path: string, body: string): void {
    if (path !== "/runner/runs") return;
    const id = (JSON.parse(body || "{}") as { run?: { run_id: string } }).run?.run_id;
    if (id !== undefined) this.received.add(id);
  }

  async #run(url: string): Promise<void> {
    const { directory } = this.#world;
    const working = executor(async (run) => {
      this.executed.push(run.id);
      await new Promise((resolve) => setTimeout(resolve, 100));
      return succeeded();
    });
    const stateDir = path.join(directory, this.name);
    const config = {
      plugins: [quickCoordinator(url), working],
      projectDir: directory,
      stateDir,
      drainTimeoutSeconds: 0,
    };
    const runner = await createRunner({ ...config, journal: "durable" }, { log: quiet });
    const drain = new AbortController();
    const leasing = runner.lease({ drain: drain.signal, stop: drain.signal });
    leasing.catch(() => {});
    ends.push(async () => {
      drain.abort();
      await leasing;
      await runner.close();
    });
  }
}

/** The coordinator plugin with the times of this test. */
function quickCoordinator(url: string): Plugin {
  return definePlugin({
    name: "quick-coordinator",
    apiVersion: 1,
    setup({ hooks, sources, log }) {
      const source = new CoordinatorSource({
        options: options.parse({ url, hostname: "build-07", pollTimeoutSeconds: 0.5, concurrency: 2 }),
        projectDir: "/srv/jobs",
        activeProfile: () => echoProfile,
        credentials: () => undefined,
        scripts: () => undefined,
        log,
        timing: twinTiming,
      });
      sources.add(source);
      hooks.onLease.tap((run) => source.admit(run) ?? (run.agent.name === "echo" ? undefined : refuse("not echo")));
      hooks.onHeartbeat.tap(() => source.heartbeat.beat(), { everySeconds: () => source.heartbeat.everySeconds() });
      return () => source.client.close();
    },
  })();
}

interface Roster {
  readonly runners: readonly { readonly executor: Record<string, unknown> }[];
}

/** Pseudo-random numbers from 0 to 1 (mulberry32). */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
