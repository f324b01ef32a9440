import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { join } from "node:path";

const HERE = join(import.meta.dirname, "runner");

export interface RunnerSettings {
  /** The directory of agents, logs and the runner's project. */
  readonly world: string;
  readonly url: string;
  readonly slots: number;
  /** The name of a mutation, if the runner is to have one. */
  readonly mutation?: string | undefined;
}

/** A runner as a process of its own, from the sources. Its log is `runner-<generation>.log`. */
export class RunnerProcess {
  readonly generation: number;
  readonly pid: number;
  readonly #child: ChildProcess;

  constructor({ world, url, slots, mutation }: RunnerSettings, generation: number) {
    this.generation = generation;
    const { PATH = "", HOME = "/" } = process.env;
    const preload = ["--import", join(HERE, "patched.ts"), "--conditions=leasehold-source"];
    this.#child = spawn(process.execPath, [...preload, join(HERE, "start.ts"), "start"], {
      cwd: world,
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        PATH,
        HOME,
        LEASEHOLD_CONFIG: join(HERE, "runner.config.ts"),
        AGENT_ORCHESTRATOR_API_URL: url,
        LEASEHOLD_CONCURRENCY: String(slots),
        LEASEHOLD_STATE_DIR: join(world, "state"),
        PROJECT_DIR: join(world, "project"),
        CHAOS_WORLD: world,
        CHAOS_GENERATION: String(generation),
        ...(mutation === undefined ? {} : { CHAOS_MUTATION: mutation }),
      },
    });
    // Written here, for a limit of file size that stands for a full disk must not keep the runner from telling of it.
    const log = createWriteStream(join(world, `runner-${generation}.log`));
    this.#child.stdout?.pipe(log, { end: false });
    this.#child.stderr?.pipe(log);
    if (this.#child.pid === undefined) throw new Error("the runner's process could not be started");
    this.pid = this.#child.pid;
  }

  /** How it ended, once it has: its exit code or the signal that killed it. */
  async ended(): Promise<number | NodeJS.Signals> {
    const { exitCode, signalCode } = this.#child;
    if (exitCode === null && signalCode === null) await once(this.#child, "exit");
    return this.#child.exitCode ?? this.#child.signalCode ?? 0;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }
}
