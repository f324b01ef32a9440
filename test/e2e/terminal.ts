import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

const BIN = join(import.meta.dirname, "../../core/bin/leasehold.js");

/** `leasehold` on a pseudo-terminal of `script`, with its keyboard. */
export class Terminal {
  readonly child: ChildProcess;
  /** Everything that was shown, as it was sent. */
  screen = "";

  constructor(
    args: readonly string[],
    { env = {}, cwd, columns = 80 }: { env?: Record<string, string>; cwd?: string; columns?: number } = {},
  ) {
    const { PATH = "", HOME = "/" } = process.env;
    const command = [process.execPath, BIN, ...args].map(quoted).join(" ");
    this.child = spawn("script", ["-qfec", `stty cols ${columns} rows 24; exec ${command}`, "/dev/null"], {
      env: { PATH, HOME, SHELL: "/bin/sh", TERM: "xterm", ...env },
      stdio: ["pipe", "pipe", "inherit"],
      ...(cwd === undefined ? {} : { cwd }),
    });
    this.child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.screen += text;
    });
  }

  /** Resolves when the screen has shown the text. */
  async shown(text: string): Promise<void> {
    while (!this.screen.includes(text)) {
      if (this.child.exitCode !== null) throw new Error(`it ended without showing "${text}":\n${this.screen}`);
      await Promise.race([once(this.child.stdout!, "data"), once(this.child, "close")]);
    }
  }

  type(keys: string): void {
    this.child.stdin?.write(keys);
  }

  /** Ctrl-C, as the terminal's own driver turns it into a signal. */
  interrupt(): void {
    this.type("\u0003");
  }

  /** The exit code of the command, once it has ended. */
  async exit(): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, "close");
    return this.child.exitCode;
  }

  /** For the end of a test: hangs up, which ends whatever runs there. */
  async dispose(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill("SIGTERM");
    await once(this.child, "close");
  }
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
