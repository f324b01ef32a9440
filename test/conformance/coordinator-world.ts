import { coordinator } from "@leasehold/coordinator";
import { type EmbeddedCoordinator, type RecordEntry, startEmbeddedCoordinator } from "@leasehold/embedded-coordinator";
import type { JsonObject } from "leasehold";
import { type Fault, FaultProxy, type Heard, type SourceWorld } from "leasehold/testing";

const SLOTS = 2;
const REPORT = /^\/(?:runner\/runs|sessions)\/([^/]+)\/(\w+)$/;
const HEARD: Readonly<Record<string, Heard>> = {
  started: "started",
  bind: "event",
  events: "event",
  completed: "end",
  failed: "end",
  stopped: "end",
};

type Wanted = (method: string, path: string) => boolean;

/** An embedded coordinator behind a proxy, as the far side of `@leasehold/coordinator`. */
export class CoordinatorWorld implements SourceWorld {
  readonly #at: EmbeddedCoordinator;
  readonly #sessions = new Map<string, string>();
  #proxy!: FaultProxy;
  /** Faults that wait for the next request that they are for. */
  readonly #waiting: { readonly wanted: Wanted; readonly fault: Fault }[] = [];

  private constructor(at: EmbeddedCoordinator) {
    this.#at = at;
  }

  static readonly slots = SLOTS;

  static async open(): Promise<CoordinatorWorld> {
    const world = new CoordinatorWorld(await startEmbeddedCoordinator({ port: 0, pollTimeoutSeconds: 0.5 }));
    const fault = (method: string, path: string) => world.#faultOf(method, path);
    world.#proxy = new FaultProxy({ port: () => world.#at.port, fault });
    await world.#proxy.listen();
    return world;
  }

  create() {
    return coordinator({ url: this.#proxy.url, concurrency: SLOTS });
  }

  async send(parameters: JsonObject): Promise<string> {
    await this.#at.recorded(({ path, status }) => path === "/runner/register" && status === 200);
    const run = { type: "start_session", agent_name: "conformance", parameters };
    const { run_id, session_id } = await this.#ask("POST", "/runs", run);
    this.#sessions.set(String(run_id), String(session_id));
    return String(run_id);
  }

  heard(run: string): Heard[] {
    return this.#at.record
      .filter((entry) => this.#isOf(run, entry))
      .map(({ path }) => HEARD[reportOf(path)] ?? "event");
  }

  async ended(run: string): Promise<void> {
    await this.#at.recorded((entry) => this.#isOf(run, entry) && HEARD[reportOf(entry.path)] === "end");
  }

  async resend(): Promise<void> {
    this.#meets("again", (method, path) => method === "GET" && path === "/runner/runs");
  }

  async stop(run: string): Promise<void> {
    await this.#ask("POST", `/sessions/${this.#sessions.get(run)}/stop`);
  }

  /** A run that is handed to a poll whose client has just gone would be lost with it (protocol §7.2), so its end is waited for. */
  async disconnect(): Promise<void> {
    const { runners } = await this.#ask("GET", "/runners");
    const [{ runner_id }] = runners as [{ runner_id: string }];
    await this.#at.polling(runner_id);
    const polls = () => this.#at.record.filter(({ path }) => path === "/runner/runs").length;
    const before = polls();
    this.#proxy.disconnect(300);
    await this.#at.recorded(({ path }) => path === "/runner/runs" && polls() > before);
  }

  loseAcknowledgement(): void {
    this.#meets("drop", (method, path) => method === "POST" && HEARD[reportOf(path)] === "end");
  }

  async forget(run: string): Promise<void> {
    await this.#ask("DELETE", `/sessions/${this.#sessions.get(run)}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#proxy.close();
    await this.#at.close();
  }

  #meets(kind: Fault["kind"], wanted: Wanted): void {
    this.#waiting.push({ wanted, fault: { kind, acted: true, ms: 0 } });
  }

  #faultOf(method: string, path: string): Fault | undefined {
    const at = this.#waiting.findIndex(({ wanted }) => wanted(method, path));
    return at < 0 ? undefined : this.#waiting.splice(at, 1)[0]?.fault;
  }

  #isOf(run: string, { method, path, status, verdict }: RecordEntry): boolean {
    const [, subject = ""] = REPORT.exec(path) ?? [];
    if (method !== "POST" || !(reportOf(path) in HEARD) || status !== 200 || verdict === "repeated") return false;
    return subject === run || subject === this.#sessions.get(run);
  }

  async #ask(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
    const headers = { "content-type": "application/json" };
    const init = body === undefined ? { method } : { method, headers, body: JSON.stringify(body) };
    const response = await fetch(this.#at.url + path, init);
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response.status === 204 ? {} : ((await response.json()) as Record<string, unknown>);
  }
}

function reportOf(path: string): string {
  return REPORT.exec(path)?.[2] ?? "";
}
