import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

const BIN = join(import.meta.dirname, "../../core/bin/leasehold.js");
const CONFIG = join(import.meta.dirname, "../fixtures/e2e/runner.config.ts");

/** One run of the command line as a real process. */
export class Leasehold {
  readonly child: ChildProcess;
  stdout = "";
  stderr = "";

  constructor(args: readonly string[], { env = {}, cwd }: { env?: Record<string, string>; cwd?: string } = {}) {
    const { PATH = "", HOME = "/" } = process.env;
    this.child = spawn(process.execPath, [BIN, ...args], {
      env: { PATH, HOME, LEASEHOLD_CONFIG: CONFIG, LEASEHOLD_JOURNAL: "memory", ...env },
      stdio: ["ignore", "pipe", "pipe"],
      ...(cwd === undefined ? {} : { cwd }),
    });
    this.child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
    });
    this.child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
    });
  }

  /** The exit code, once the process and its output have ended. */
  async exit(): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, "close");
    return this.child.exitCode;
  }

  /** Resolves when standard error holds the text. */
  async said(text: string): Promise<void> {
    await this.#told(text, "stderr");
  }

  /** Resolves when standard output holds the text. */
  async printed(text: string): Promise<void> {
    await this.#told(text, "stdout");
  }

  async #told(text: string, stream: "stdout" | "stderr"): Promise<void> {
    while (!this[stream].includes(text)) {
      if (this.child.exitCode !== null) throw new Error(`it ended without saying "${text}":\n${this.stderr}`);
      const over = new AbortController();
      const { signal } = over;
      const next = [once(this.child[stream]!, "data", { signal }), once(this.child, "close", { signal })];
      await Promise.race(next).finally(() => over.abort());
      await Promise.allSettled(next);
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Ends the process as a crash would. */
  async kill(): Promise<void> {
    this.child.kill("SIGKILL");
    await this.exit();
  }

  /** For the end of a test: ends the process whatever state it is in. */
  async dispose(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill("SIGKILL");
    await once(this.child, "close");
  }
}
