import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { Agent, type IncomingMessage, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type PythonProgram, runPython } from "./python-program.ts";

const WRAPPER = fileURLToPath(new URL("../../../../plugins/docker-oken/wrapper/oken_wrapper.py", import.meta.url));

export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: IncomingMessage["headers"];
}

/** The wrapper as a program of its own, serving files of one folder. */
export class WrapperProcess {
  readonly program: PythonProgram;
  readonly folder: string;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #watchers = new Set<() => void>();
  /** Everything it wrote so far. */
  output = "";
  port = 0;

  private constructor(program: PythonProgram, folder: string) {
    this.program = program;
    this.folder = folder;
    for (const stream of program.output)
      stream.on("data", (chunk: Buffer) => {
        this.output += chunk.toString();
        for (const watcher of this.#watchers) watcher();
      });
  }

  get ended(): Promise<number | null> {
    return this.program.ended;
  }

  /** Resolves when it serves or has ended. */
  static async start(
    python: string,
    files: Readonly<Record<string, string>>,
    env: Readonly<Record<string, string>> = {},
  ): Promise<WrapperProcess> {
    const folder = await mkdtemp(join(tmpdir(), "oken-wrapper-"));
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
    const settings = { PYTHONDONTWRITEBYTECODE: "1", PYTHONUNBUFFERED: "1", PORT: "0", ...env };
    const started = new WrapperProcess(await runPython(python, WRAPPER, folder, settings), folder);
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
    this.program.kill("SIGKILL");
    await this.ended;
    await rm(this.folder, { recursive: true, force: true });
  }
}
