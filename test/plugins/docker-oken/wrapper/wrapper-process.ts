import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { Agent, type IncomingMessage, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const WRAPPER = fileURLToPath(new URL("../../../../plugins/docker-oken/wrapper/oken_wrapper.py", import.meta.url));

/** The Pythons of this machine that run; a list in `OKEN_TEST_PYTHONS` takes their place. */
export const pythons: readonly string[] = (process.env["OKEN_TEST_PYTHONS"] ?? "python3").split(",").filter(runs);

export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: IncomingMessage["headers"];
}

/** The wrapper as a process of this machine, serving files of one folder. */
export class WrapperProcess {
  readonly child: ChildProcess;
  readonly folder: string;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #watchers = new Set<() => void>();
  /** Everything it wrote so far. */
  output = "";
  port = 0;
  readonly ended: Promise<number | null>;

  private constructor(child: ChildProcess, folder: string) {
    this.child = child;
    this.folder = folder;
    const take = (chunk: Buffer) => {
      this.output += chunk.toString();
      for (const watcher of this.#watchers) watcher();
    };
    child.stdout?.on("data", take);
    child.stderr?.on("data", take);
    this.ended = new Promise((resolve) => child.once("close", resolve));
  }

  /** Resolves when it serves or has ended. */
  static async start(
    python: string,
    files: Readonly<Record<string, string>>,
    env: Readonly<Record<string, string>> = {},
  ): Promise<WrapperProcess> {
    const folder = await mkdtemp(join(tmpdir(), "oken-wrapper-"));
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
    const inherited = { PATH: process.env["PATH"] ?? "", PYTHONDONTWRITEBYTECODE: "1", PYTHONUNBUFFERED: "1" };
    const child = spawn(python, [WRAPPER], { cwd: folder, env: { ...inherited, PORT: "0", ...env } });
    const started = new WrapperProcess(child, folder);
    await Promise.race([started.wrote(/\[oken\] ready on port (\d+)/), started.ended]);
    started.port = Number(/ready on port (\d+)/.exec(started.output)?.[1] ?? 0);
    return started;
  }

  /** Resolves once the output holds the pattern. */
  async wrote(pattern: RegExp): Promise<void> {
    if (pattern.test(this.output)) return;
    await new Promise<void>((resolve) => {
      const look = () => {
        if (!pattern.test(this.output)) return;
        this.#watchers.delete(look);
        resolve();
      };
      this.#watchers.add(look);
    });
  }

  invoke(input: unknown): Promise<Answer> {
    return this.send("POST", "/invoke", JSON.stringify({ input }));
  }

  /** The output of a call that succeeds. */
  async outputOf(input: unknown): Promise<unknown> {
    const { status, body } = await this.invoke(input);
    if (status !== 200) throw new Error(`${status}: ${body}\n${this.output}`);
    return (JSON.parse(body) as { output: unknown }).output;
  }

  send(method: string, path: string, body = "", signal?: AbortSignal): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const options = { host: "127.0.0.1", port: this.port, method, path, agent: this.#agent };
      const headers = { "content-length": Buffer.byteLength(body) };
      request({ ...options, headers, ...(signal ? { signal } : {}) }, (response) => {
        let text = "";
        response
          .setEncoding("utf8")
          .on("data", (chunk: string) => {
            text += chunk;
          })
          .once("error", reject)
          .once("end", () => resolve({ status: response.statusCode ?? 0, body: text, headers: response.headers }));
      })
        .once("error", reject)
        .end(body);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#agent.destroy();
    this.child.kill("SIGKILL");
    await this.ended;
    await rm(this.folder, { recursive: true, force: true });
  }
}

function runs(python: string): boolean {
  try {
    execFileSync(python, ["-c", "import sys; sys.exit(sys.version_info < (3, 9))"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
