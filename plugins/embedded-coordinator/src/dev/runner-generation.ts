import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Invocation } from "leasehold";
import { isJsonObject } from "leasehold";
import { runnerId } from "../identity.ts";
import type { EmbeddedCoordinator } from "../start.ts";
import { ASSIGNMENT_VARIABLE, type Assignment, news, type Order } from "./assignment.ts";

/** Compiled or not, it lies beside this file. */
const NOTE_MODULES = new URL(
  import.meta.url.endsWith(".ts") ? "./note-modules.ts" : "./note-modules.js",
  import.meta.url,
);

/** One process with one runner, from one state of the configuration: modules are loaded once in a process. */
export class RunnerGeneration {
  readonly hostname: string;
  /** Resolves when the process has ended, with what it leaves behind: its exit code. */
  readonly ended: Promise<number | null>;
  readonly #child: ChildProcess;
  #over = false;
  #obeys = false;

  /** In a process group of its own, so that Ctrl-C reaches the parent alone, which knows what is to happen. */
  constructor({ again, stderr }: Invocation, assignment: Assignment, onFiles: (files: readonly string[]) => void) {
    this.hostname = assignment.hostname;
    this.#child = spawn(again.file, ["--import", NOTE_MODULES.href, ...again.args], {
      env: { ...process.env, [ASSIGNMENT_VARIABLE]: JSON.stringify(assignment) },
      stdio: ["ignore", "ignore", isOwn(stderr) ? "inherit" : "pipe", "ipc"],
      detached: true,
    });
    this.#child.stderr?.pipe(stderr, { end: false });
    this.#child.on("message", (message) => {
      const told = news.safeParse(message).data;
      if (told?.obeys) this.#obeys = true;
      if (told) onFiles(told.files);
    });
    this.ended = this.#untilEnd();
  }

  get over(): boolean {
    return this.#over;
  }

  /** The runner's id once the coordinator has it; nothing when the process ends before. */
  async registered(coordinator: EmbeddedCoordinator): Promise<string | undefined> {
    const given = new AbortController();
    const isOurs = (body: unknown) => isJsonObject(body) && body["hostname"] === this.hostname;
    try {
      const entry = await Promise.race([
        coordinator.recorded(
          ({ path, status, body }) => path === "/runner/register" && status === 200 && isOurs(body),
          given.signal,
        ),
        this.ended.then(() => undefined),
      ]);
      return entry && runnerId(entry.body as Parameters<typeof runnerId>[0]);
    } finally {
      given.abort();
    }
  }

  /** One that is still loading its configuration, which may never end, has no work yet: it is ended at once. */
  tell(order: Order): void {
    if (!this.#obeys) this.#child.kill("SIGKILL");
    // It may be gone between the question and the order; its end is noticed by itself.
    else if (this.#child.connected) this.#child.send(order, () => undefined);
  }

  /** Ends it if it is still loading. */
  abandon(): void {
    if (!this.#obeys) this.tell("stop");
  }

  async #untilEnd(): Promise<number | null> {
    try {
      const [code] = (await once(this.#child, "close")) as [number | null];
      return code;
    } finally {
      this.#over = true;
    }
  }
}

/** Whether a stream writes to this process's standard error: then a child that does so too is on a terminal where we are. */
function isOwn(stream: Invocation["stderr"]): boolean {
  return "fd" in stream && stream.fd === process.stderr.fd;
}
