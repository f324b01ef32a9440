import { hostname } from "node:os";
import type { Invocation } from "leasehold";
import type { EmbeddedCoordinator } from "../start.ts";
import { FileWatch } from "./file-watch.ts";
import { greet } from "./greeting.ts";
import { RunnerGeneration } from "./runner-generation.ts";

interface Current {
  readonly generation: RunnerGeneration;
  readonly runnerId: string;
}

/**
 * Runners that follow each other: a change starts the next one, which takes over when it has registered; the one before
 * ends what it has. One that does not come up changes nothing.
 */
export class WatchedRunners {
  readonly #invocation: Invocation;
  readonly #coordinator: EmbeddedCoordinator;
  readonly #files = new FileWatch(() => void this.#changed());
  readonly #generations = new Set<RunnerGeneration>();
  readonly #host = hostname();
  #current: Current | undefined;
  #count = 0;
  #reloading: Promise<void> | undefined;
  #changedMeanwhile = false;

  constructor(invocation: Invocation, coordinator: EmbeddedCoordinator) {
    this.#invocation = invocation;
    this.#coordinator = coordinator;
  }

  /** Until a signal has ended all of them. */
  async run(): Promise<void> {
    const { signal, secondSignal, configFile, coreOptions } = this.#invocation;
    const ending = Promise.withResolvers<void>();
    signal.addEventListener("abort", () => ending.resolve(), { once: true });
    if (signal.aborted) ending.resolve();
    try {
      await this.#files.add([configFile, ...(coreOptions.profilesDir ? [coreOptions.profilesDir] : [])]);
      await this.#changed();
      await ending.promise;
    } finally {
      this.#files.close();
      const stop = () => this.#tellAll("stop");
      secondSignal.addEventListener("abort", stop, { once: true });
      this.#tellAll("end");
      if (secondSignal.aborted) stop();
      await Promise.all([...this.#generations].map(({ ended }) => ended));
    }
  }

  /** One reload at a time; what changes during one asks for another. */
  async #changed(): Promise<void> {
    if (this.#reloading) {
      this.#changedMeanwhile = true;
      return this.#reloading;
    }
    this.#reloading = this.#reload();
    await this.#reloading;
    this.#reloading = undefined;
    if (!this.#changedMeanwhile) return;
    this.#changedMeanwhile = false;
    await this.#changed();
  }

  async #reload(): Promise<void> {
    if (this.#invocation.signal.aborted) return;
    const before = this.#current;
    const generation = this.#start();
    const takeBack = before ? this.#coordinator.replaceRunner(before.runnerId, generation.hostname) : () => undefined;
    const runnerId = await generation.registered(this.#coordinator);
    if (runnerId === undefined) {
      takeBack();
      this.#tellOfFailure(before);
      return;
    }
    this.#current = { generation, runnerId };
    if (before && !before.generation.over) {
      this.#say("Reloaded; the runner before ends what it has begun.");
      before.generation.tell("retire");
    }
    await greet(this.#coordinator, this.#invocation.stdout);
  }

  #start(): RunnerGeneration {
    this.#count++;
    const assignment = {
      url: this.#coordinator.url,
      hostname: this.#count === 1 ? this.#host : `${this.#host}-${this.#count}`,
      configFile: this.#invocation.configFile,
    };
    const generation = new RunnerGeneration(this.#invocation, assignment, (files) => void this.#files.add(files));
    this.#generations.add(generation);
    void generation.ended.then(() => this.#gone(generation));
    return generation;
  }

  #gone(generation: RunnerGeneration): void {
    this.#generations.delete(generation);
    if (this.#current?.generation !== generation) return;
    this.#current = undefined;
    if (!this.#invocation.signal.aborted) this.#say("The runner has ended; a change of its files starts another.");
  }

  #tellOfFailure(before: Current | undefined): void {
    if (this.#invocation.signal.aborted) return;
    const outlook = before && !before.generation.over ? "the runner before goes on" : "there is no runner now";
    this.#say(`The change was not taken: ${outlook}. The next change tries again.`);
  }

  #tellAll(order: "end" | "stop"): void {
    for (const generation of this.#generations) generation.tell(order);
  }

  #say(text: string): void {
    this.#invocation.stderr.write(`${text}\n`);
  }
}
