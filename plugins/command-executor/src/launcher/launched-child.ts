import type { KillReceipt, LaunchedProcess, Logger, ProcessExit, ProcessSpec } from "leasehold";
import { afterListening } from "./after-listening.ts";
import { CapturedStream } from "./captured-stream.ts";
import { drained } from "./drained.ts";
import { endTree } from "./end-tree.ts";
import type { Spawned, Status } from "./spawned.ts";
import type { Tree } from "./tree.ts";

/** What a child is watched with. */
export interface Watch {
  readonly tree: Tree;
  readonly log: Pick<Logger, "warn">;
  /**
   * Called once, before the exit is told: with the number of processes that could not be ended, and whether nobody knows
   * how the first one ended.
   */
  settled(survivors: number, lost: boolean): Promise<void>;
}

/** How long the end of a process that is dead may take to be told, in milliseconds. */
const TELLING_MS = 3_000;
/** How a process ended whose parent does not tell. */
const LOST: Status = { code: null, signal: null, lost: true };

/** A running child: its output is read, and its tree ended when told to or when it has exited. */
export class LaunchedChild implements LaunchedProcess {
  readonly pid: number;
  readonly exit: Promise<ProcessExit>;
  readonly #spawned: Spawned;
  readonly #spec: ProcessSpec;
  readonly #watch: Watch;
  /** What it has started so far, itself included. */
  get tree(): Tree {
    return this.#watch.tree;
  }

  readonly #status = Promise.withResolvers<Status>();
  readonly #streams: readonly [stdout: CapturedStream, stderr: CapturedStream];
  #isTold = false;
  #ending: Promise<KillReceipt> | undefined;

  constructor(spawned: Spawned, spec: ProcessSpec, watch: Watch) {
    this.pid = spawned.pid;
    this.#spawned = spawned;
    this.#spec = spec;
    this.#watch = watch;
    this.#streams = [this.#capture("stdout", spec.onStdout), this.#capture("stderr", spec.onStderr)];
    void spawned.ended.then((status) => this.#tell(status));
    spawned.stdin?.on("error", () => undefined);
    this.exit = this.#settle();
  }

  write(text: string): Promise<void> {
    const { stdin } = this.#spawned;
    if (!stdin) return Promise.reject(new Error('the process was started without `stdin: "pipe"`'));
    return new Promise((resolve, reject) => stdin.write(text, (error) => (error ? reject(error) : resolve())));
  }

  closeInput(): void {
    this.#spawned.stdin?.end();
  }

  end(): Promise<KillReceipt> {
    this.#ending ??= this.#end();
    return this.#ending;
  }

  async #settle(): Promise<ProcessExit> {
    const onAbort = () => void this.end();
    this.#spec.signal?.addEventListener("abort", onAbort);
    if (this.#spec.signal?.aborted) onAbort();
    const status = await this.#status.promise;
    const receipt = await (this.#spec.background === "keep" && !status.lost ? this.#ending : this.end());
    this.#spec.signal?.removeEventListener("abort", onAbort);
    await drained(this.#streams);
    this.#spawned.stdin?.destroy();
    await this.#watch.settled(receipt?.survivors ?? 0, status.lost === true);
    const [stdout, stderr] = this.#streams;
    const captured = { stdout: stdout.finish(), stderr: stderr.finish() };
    const wasNeeded = receipt && (receipt.signals.length > 0 || receipt.survivors > 0);
    return { ...status, ...captured, ...(wasNeeded ? { receipt } : {}) };
  }

  /** A process that not even SIGKILL ends must not keep the exit waiting: it is a survivor. */
  async #end(): Promise<KillReceipt> {
    const { tree } = this.#watch;
    const receipt = await endTree(tree, {
      graceSeconds: this.#spec.graceSeconds,
      firstExited: this.#status.promise,
    });
    if (receipt.survivors > 0) this.#tell({ code: null, signal: null });
    else if (!this.#isTold) await this.#told();
    return receipt;
  }

  #tell(status: Status): void {
    this.#isTold = true;
    this.#status.resolve(status);
  }

  /** A parent that has been stopped, say, never tells. */
  async #told(): Promise<void> {
    const callOff = afterListening(TELLING_MS, () => this.#tell(LOST));
    await this.#status.promise;
    callOff();
  }

  #capture(name: "stdout" | "stderr", onText: ((text: string) => void) | undefined): CapturedStream {
    return new CapturedStream(this.#spawned[name], {
      outputBytes: this.#spec.outputBytes,
      onText,
      onFault: (err) => this.#watch.log.warn({ err, pid: this.pid }, `a listener to the ${name} of a process failed`),
    });
  }
}
