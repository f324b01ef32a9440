import { setTimeout as wait } from "node:timers/promises";
import { RunnerProcess, type RunnerSettings } from "./runner-process.ts";

/** Time for what a dead runner had sent to have been answered. */
const ECHO_MS = 30;
const PATIENCE_MS = 60_000;

/** One runner after another with the same identity, project and state. */
export class Runners {
  /** Ends that nobody had asked for, in words. */
  readonly deaths: string[] = [];
  readonly #settings: RunnerSettings;
  #current: RunnerProcess | undefined;
  #generation = 0;
  #startedAt = 0;
  /** Set while a runner may end by itself: it is told to, or it cannot start with a full disk. */
  #mayEnd = false;

  constructor(settings: RunnerSettings) {
    this.#settings = settings;
  }

  get generation(): number {
    return this.#generation;
  }

  get pid(): number {
    return this.#current?.pid ?? 0;
  }

  /** When the current one was started; milliseconds since the epoch. */
  get startedAt(): number {
    return this.#startedAt;
  }

  start(): void {
    this.#startedAt = Date.now();
    this.#mayEnd = false;
    const runner = new RunnerProcess(this.#settings, ++this.#generation);
    this.#current = runner;
    void runner.ended().then((end) => this.#replace(runner, end));
  }

  async kill(): Promise<void> {
    if (!this.#current) return;
    const end = await this.#end("SIGKILL");
    if (end !== "SIGKILL") this.deaths.push(`runner ${this.#generation} ended with ${end} before it could be killed`);
    await wait(ECHO_MS);
  }

  async drain(): Promise<void> {
    const end = await this.#end("SIGTERM");
    if (end !== 0) this.deaths.push(`runner ${this.#generation} was drained and ended with ${end}`);
  }

  async #end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals> {
    const runner = this.#current;
    if (!runner) return 0;
    this.#mayEnd = true;
    runner.signal(signal);
    const giveUp = setTimeout(() => runner.signal("SIGKILL"), PATIENCE_MS);
    const end = await runner.ended();
    clearTimeout(giveUp);
    this.#current = undefined;
    return end;
  }

  /** As a supervisor does; but a runner that does not stay is an offence. */
  #replace(runner: RunnerProcess, end: number | NodeJS.Signals): void {
    if (this.#mayEnd || runner !== this.#current) return;
    this.deaths.push(`runner ${runner.generation} ended with ${end}, and nobody had asked it to`);
    this.start();
  }
}
