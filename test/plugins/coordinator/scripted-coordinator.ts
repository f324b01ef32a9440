import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * What the scripted coordinator says: JSON, text, nothing (`drop` cuts the connection), or nothing yet (`hang`); once `after`
 * has settled, where that is given.
 */
export interface Scripted {
  readonly status?: number;
  readonly json?: unknown;
  readonly text?: string;
  readonly headers?: Record<string, string>;
  readonly drop?: boolean;
  readonly hang?: boolean;
  readonly after?: Promise<unknown>;
}

export interface Recorded {
  readonly route: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
  readonly json: Record<string, unknown>;
}

type Script = Scripted | ((request: Recorded) => Scripted);

const RUNNER_ID = "lnch_a2fece2c2a7c";

/** An HTTP server that plays the coordinator by script: enough to see every request and to answer badly. */
export class ScriptedCoordinator implements AsyncDisposable {
  readonly requests: Recorded[] = [];
  readonly #server: Server;
  readonly #always = new Map<string, Script>();
  readonly #once = new Map<string, Script[]>();
  readonly #polls: ServerResponse[] = [];
  readonly #watchers = new Set<() => void>();

  private constructor() {
    this.#server = createServer((request, response) => void this.#receive(request, response));
    this.always("POST /runner/register", { json: { ...REGISTERED } });
    this.always("GET /runs", { json: { runs: [] } });
    this.always("GET /runners", () => ({ json: { runners: [this.listed()] } }));
  }

  /** The runner that registered last, as the list of runners has it; `members` replace or add. */
  listed(members: Record<string, unknown> = {}): Record<string, unknown> {
    const executor = this.of("POST /runner/register").at(-1)?.json["executor"] ?? {};
    const last_heartbeat = new Date().toISOString();
    const heard = { last_heartbeat, seconds_since_heartbeat: 0 };
    return { runner_id: RUNNER_ID, status: "online", executor, ...heard, ...members };
  }

  static async start(port = 0): Promise<ScriptedCoordinator> {
    const coordinator = new ScriptedCoordinator();
    coordinator.#server.listen(port, "127.0.0.1");
    await once(coordinator.#server, "listening");
    return coordinator;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get openPolls(): number {
    return this.#polls.length;
  }

  always(route: string, script: Script): void {
    this.#always.set(route, script);
  }

  /** Scripts for the next requests of a route, one each, before what `always` says. */
  once(route: string, ...scripts: Script[]): void {
    this.#once.set(route, [...(this.#once.get(route) ?? []), ...scripts]);
  }

  of(route: string): Recorded[] {
    return this.requests.filter((request) => request.route === route);
  }

  /** The `count`th request of a route, once it has come. */
  async seen(route: string, count = 1): Promise<Recorded> {
    await this.until(() => this.of(route).length >= count);
    return this.of(route)[count - 1]!;
  }

  /** Settles when the condition holds; asked again after every request and every end of a poll. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#watchers.add(resolve);
      await promise;
      this.#watchers.delete(resolve);
    }
  }

  /** Answers the open poll, or the next one that comes: the oldest first, unless told to pass over some. */
  async answerPoll(script: Scripted, passOver = 0): Promise<void> {
    await this.until(() => this.#polls.length > passOver);
    respond(this.#polls.splice(passOver, 1)[0]!, script);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const recorded = await record(request);
    this.requests.push(recorded);
    const script = this.#once.get(recorded.route)?.shift() ?? this.#always.get(recorded.route);
    if (script) respond(response, typeof script === "function" ? script(recorded) : script);
    else if (recorded.route === "GET /runner/runs") this.#hold(response);
    else respond(response, { json: { ok: true } });
    this.#wake();
  }

  #hold(response: ServerResponse): void {
    this.#polls.push(response);
    response.on("close", () => {
      const index = this.#polls.indexOf(response);
      if (index >= 0) this.#polls.splice(index, 1);
      this.#wake();
    });
  }

  #wake(): void {
    for (const wake of this.#watchers) wake();
  }
}

export const REGISTERED = {
  runner_id: RUNNER_ID,
  poll_endpoint: "/runner/runs",
  poll_timeout_seconds: 30,
  heartbeat_interval_seconds: 60,
};

export const NOT_REGISTERED: Scripted = { status: 401, json: { detail: "Runner not registered" } };

/** A run as the coordinator delivers it; `members` replace or add. */
export function deliveredRun(members: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    run_id: "run_5b1d0c9e7a42",
    type: "start_session",
    session_id: "ses_0f3a6e2b91cd",
    agent_name: "disk",
    parameters: { path: "/srv" },
    project_dir: null,
    parent_session_id: null,
    execution_mode: "sync",
    demands: { executor_type: "procedural", tags: [] },
    status: "claimed",
    runner_id: RUNNER_ID,
    scope: { secret: "kept away" },
    resolved_agent_blueprint: { name: "disk", type: "procedural", script: "disk_report", tags: [] },
    ...members,
  };
}

function respond(response: ServerResponse, script: Scripted): void {
  if (script.hang) return;
  const { after, ...rest } = script;
  if (after) return void after.then(() => respond(response, rest));
  if (script.drop) {
    response.socket?.destroy();
    return;
  }
  const body = script.json === undefined ? (script.text ?? "") : JSON.stringify(script.json);
  response.writeHead(script.status ?? 200, { "content-type": "application/json", ...script.headers });
  response.end(body);
}

async function record(request: IncomingMessage): Promise<Recorded> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks).toString("utf8");
  const url = new URL(request.url ?? "/", "http://coordinator");
  return {
    route: `${request.method} ${url.pathname}`,
    query: url.searchParams,
    headers: request.headers,
    body,
    json: body === "" ? {} : (JSON.parse(body) as Record<string, unknown>),
  };
}
