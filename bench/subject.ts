import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";

type Answer = { readonly id: number } & ({ readonly value: unknown } | { readonly error: string });

/** A process under measurement, asked over its IPC channel. What `serve` offers there can be called here. */
export class Subject {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #calls = 0;

  /**
   * @param name a file in `subjects/`, without its ending
   * @param variables beside those of this process
   */
  constructor(name: string, variables: Readonly<Record<string, string>> = {}) {
    this.#child = fork(new URL(`subjects/${name}.ts`, import.meta.url), {
      env: { ...process.env, ...variables },
      execArgv: ["--expose-gc", "--disable-warning=ExperimentalWarning"],
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    this.#child.on("message", (answer) => this.#settle(answer as Answer));
    this.#child.on("exit", (code, signal) => this.#fail(new Error(`${name} ended (${signal ?? code})`)));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async call<T = void>(method: string, ...args: readonly unknown[]): Promise<T> {
    const id = ++this.#calls;
    const answer = Promise.withResolvers<unknown>();
    this.#waiting.set(id, answer);
    this.#child.send({ id, method, args });
    return (await answer.promise) as T;
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, "exit");
    this.#child.disconnect();
    await exit;
  }

  #settle(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if ("error" in answer) waiting?.reject(new Error(answer.error));
    else waiting?.resolve(answer.value);
  }

  #fail(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
