import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import type { ProcessSpec } from "leasehold";
import { afterListening } from "../after-listening.ts";
import { launchError, lostError, NothingStarted } from "../launch-errors.ts";
import type { ProcFiles } from "../proc-files.ts";
import type { Spawned, Status } from "../spawned.ts";
import { allOrNone } from "./all-or-none.ts";
import type { Dock } from "./dock.ts";
import { type Began, type FromBroker, type Order, PREFIX_LENGTH } from "./messages.ts";

const MAIN = fileURLToPath(new URL(import.meta.url.endsWith(".ts") ? "./main.ts" : "./main.js", import.meta.url));
/** What it does is little and soon done: a small heap, and no threads to compile on. */
const FLAGS = ["--disable-warning=ExperimentalWarning", "--max-semi-space-size=1", "--v8-pool-size=0"];
/** How long a broker may take to start a program, in milliseconds; then it counts as dead, and is made so. */
const ANSWER_MS = 10_000;

/** How a process ended that nobody can tell of any more. */
const LOST: Status = { code: null, signal: null, lost: true };

interface Child {
  readonly file: string;
  readonly began: PromiseWithResolvers<Began>;
  readonly ended: PromiseWithResolvers<Status>;
}

/** A small process that starts programs for us: forking it costs less than forking the runner, and holds up nobody here. */
export class Broker {
  readonly pid: number;
  /** Clock ticks from boot to its start. */
  readonly startTime: number;
  /** Settles when it can start programs, or has been retired before; rejects when it died of something else. */
  readonly ready: Promise<void>;
  readonly #process: ChildProcess;
  readonly #dock: Dock;
  readonly #prefix: string;
  readonly #ready = Promise.withResolvers<void>();
  readonly #gone = Promise.withResolvers<void>();
  readonly #children = new Map<number, Child>();
  #orders = 0;
  #alive = true;
  #retired = false;

  /** @param words What stands before its own: a program that marks it, say. */
  constructor(dock: Dock, words: readonly string[], files: ProcFiles) {
    this.#dock = dock;
    const [file, ...args] = [...words, process.execPath, ...FLAGS, MAIN];
    this.#process = spawn(file!, args, {
      cwd: "/",
      env: {},
      detached: true,
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    this.pid = this.#process.pid ?? 0;
    this.startTime = files.facts(this.pid)?.startTime ?? 0;
    this.ready = this.#ready.promise;
    this.ready.catch(() => undefined);
    this.#prefix = randomBytes(PREFIX_LENGTH / 2).toString("hex");
    this.#process.on("message", (message: FromBroker) => this.#hear(message));
    for (const event of ["error", "disconnect"]) this.#process.once(event, () => this.#die());
    this.#process.send({ type: "greeting", dock: dock.path, prefix: this.#prefix }, () => undefined);
    this.#rest();
  }

  /** Whether it takes orders. */
  get usable(): boolean {
    return this.#alive && !this.#retired;
  }

  get dock(): Dock {
    return this.#dock;
  }

  /** Settles when it has died, whatever of. */
  get gone(): Promise<void> {
    return this.#gone.promise;
  }

  /** Programs that it has been told to start and not yet told the end of. */
  get busy(): number {
    return this.#children.size;
  }

  /**
   * Starts a program. Rejects with `NothingStarted`, or a `LaunchError`; then it may have been started, and what it started
   * may live.
   */
  async spawn(words: readonly string[], spec: ProcessSpec): Promise<Spawned> {
    if (!this.usable) throw new NothingStarted();
    const { began, ended } = this.#order(words, spec);
    const { pid, startTime, wires } = await began;
    const claims = wires.map((name) => this.#dock.claim(name));
    const [stdout, stderr, stdin] = await allOrNone(claims, (socket) => socket.destroy()).catch((error: unknown) => {
      throw lostError(spec.file, error);
    });
    return { pid, startTime, stdin: stdin ?? null, stdout: stdout!, stderr: stderr!, ended };
  }

  /** It takes no more orders, and is ended when what it has started has. */
  retire(): void {
    this.#retired = true;
    if (this.busy === 0) this.kill();
  }

  /** Ends it at once; programs that it has started go on. */
  kill(): void {
    this.#retired = true;
    if (!this.#alive) return;
    // Whoever waits for its end may have nothing else to wait for.
    this.#work();
    this.#process.kill("SIGKILL");
  }

  #order(words: readonly string[], { file: program, args: programArgs, cwd, env, stdin }: ProcessSpec) {
    const [file, ...args] = [...words, program, ...programArgs] as [string, ...string[]];
    const id = this.#orders++;
    const child: Child = { file: program, began: Promise.withResolvers(), ended: Promise.withResolvers() };
    if (this.#children.size === 0) this.#work();
    this.#children.set(id, child);
    const callOff = afterListening(ANSWER_MS, () => this.kill());
    child.began.promise.then(callOff, callOff);
    const order: Order = { type: "order", id, file, args, cwd, env, input: stdin === "pipe" };
    this.#process.send(order, (error) => error && this.#miss(id, child));
    return { began: child.began.promise, ended: child.ended.promise };
  }

  #hear(message: FromBroker): void {
    if (message.type === "ready") return this.#ready.resolve();
    const child = this.#children.get(message.id);
    if (!child) return;
    if (message.type === "began") return child.began.resolve(message);
    if (message.type === "stranded") return this.#strand(message.id, child);
    this.#forget(message.id);
    if (message.type === "ended") return child.ended.resolve({ code: message.code, signal: message.signal });
    child.began.reject(launchError(message.code, child.file, new Error(message.message)));
  }

  #strand(id: number, child: Child): void {
    this.#dock.giveUp();
    this.#retired = true;
    this.#pass(id, child);
  }

  /** It is dead, and has not read the whole order. */
  #miss(id: number, child: Child): void {
    this.#pass(id, child);
    this.#die();
  }

  #pass(id: number, { began }: Child): void {
    this.#forget(id);
    began.reject(new NothingStarted());
  }

  #die(): void {
    if (!this.#alive) return;
    this.#process.kill("SIGKILL");
    this.#alive = false;
    if (this.#retired) this.#ready.resolve();
    else this.#ready.reject(new Error("a spawn broker ended before it could start anything"));
    for (const [id, child] of this.#children) this.#lose(id, child);
    this.#dock.forget(this.#prefix);
    this.#gone.resolve();
  }

  #lose(id: number, { file, began, ended }: Child): void {
    this.#forget(id);
    began.reject(lostError(file));
    ended.resolve(LOST);
  }

  #forget(id: number): void {
    this.#children.delete(id);
    if (this.#children.size > 0) return;
    if (this.#retired) this.kill();
    else this.#rest();
  }

  /** As long as nothing is under way, it keeps nobody from exiting. */
  #rest(): void {
    this.#process.unref();
    this.#process.channel?.unref();
  }

  #work(): void {
    this.#process.ref();
    this.#process.channel?.ref();
  }
}
