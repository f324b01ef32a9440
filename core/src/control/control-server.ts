import { chmod, rm } from "node:fs/promises";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { RunnerStatus } from "../status/runner-status.ts";
import { createServer } from "./http.ts";
import { socketIn, withSocketAddress } from "./socket-path.ts";

/** A runner as the control socket sees it. */
export interface Controlled {
  status(): RunnerStatus;
  /** Lets running work end and leases no more. */
  drain(): void;
  /** Stops running work, too. */
  stop(): void;
  /** Calls back when the status may have changed, until the answer is called. */
  watch(listener: () => void): () => void;
}

/** Changes within this time become one line of progress. */
const LINE_EVERY_MS = 100;
/** For the last lines to reach whoever reads them. */
const LAST_WORDS_MS = 500;

/**
 * A runner's door for those who may use its state directory: HTTP over a unix socket there, mode 0600.
 *
 * - `GET /health` answers the `RunnerStatus` as JSON; with 200 where work is taken and every source is ready, else with 503.
 * - `POST /drain` ends the runner as a first SIGTERM does, `POST /stop` as a second one. Both answer 202 and the status as a
 *   line of JSON, then another line whenever it has changed, the last one with the phase `ended` once the state directory
 *   is free. The runner goes on with it when the caller hangs up.
 */
export class ControlServer {
  readonly #directory: string;
  readonly #controlled: Controlled;
  readonly #server: Server;
  readonly #followers = new Set<ServerResponse>();
  #unwatch: (() => void) | undefined;
  #line: NodeJS.Timeout | undefined;

  private constructor(directory: string, controlled: Controlled) {
    this.#directory = directory;
    this.#controlled = controlled;
    this.#server = createServer((request, response) => this.#answer(request, response));
    this.#server.unref();
  }

  /** To be called by the holder of the directory's lock alone: a socket that is there belongs to nobody any more. */
  static async open(directory: string, controlled: Controlled): Promise<ControlServer> {
    const control = new ControlServer(directory, controlled);
    await rm(socketIn(directory), { force: true });
    await withSocketAddress(directory, (address) => listening(control.#server, address));
    await chmod(socketIn(directory), 0o600);
    return control;
  }

  /** Takes the socket away, while the lock is held: after that, it might be a successor's. */
  async retire(): Promise<void> {
    this.#server.close();
    await rm(socketIn(this.#directory), { force: true });
  }

  /** The directory is free: tells those who wait for it. */
  async end(): Promise<void> {
    this.#unwatch?.();
    clearTimeout(this.#line);
    const last = setTimeout(() => this.#server.closeAllConnections(), LAST_WORDS_MS);
    await Promise.all([...this.#followers].map((response) => this.#endOne(response)));
    clearTimeout(last);
    this.#server.closeAllConnections();
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    request.resume();
    const asked = `${request.method} ${request.url}`;
    if (asked === "GET /health") return this.#health(response);
    if (asked !== "POST /drain" && asked !== "POST /stop")
      return answerJson(response, 404, { error: "there are GET /health, POST /drain and POST /stop" });
    if (asked === "POST /stop") this.#controlled.stop();
    else this.#controlled.drain();
    this.#follow(response);
  }

  #health(response: ServerResponse): void {
    const status = this.#controlled.status();
    answerJson(response, status.leasing && status.sources.every(({ ready }) => ready) ? 200 : 503, status);
  }

  #follow(response: ServerResponse): void {
    response.writeHead(202, { "content-type": "application/x-ndjson" });
    this.#followers.add(response);
    response.on("close", () => this.#followers.delete(response)).on("error", () => undefined);
    this.#unwatch ??= this.#controlled.watch(() => this.#tellSoon());
    response.write(this.#statusLine());
  }

  #tellSoon(): void {
    this.#line ??= setTimeout(() => {
      this.#line = undefined;
      for (const response of this.#followers) if (!response.writableNeedDrain) response.write(this.#statusLine());
    }, LINE_EVERY_MS).unref();
  }

  #endOne(response: ServerResponse): Promise<void> {
    return new Promise((resolve) => {
      response.on("close", resolve);
      response.end(this.#statusLine());
    });
  }

  #statusLine(): string {
    return `${JSON.stringify(this.#controlled.status())}\n`;
  }
}

function answerJson(response: ServerResponse, code: number, body: object): void {
  response.writeHead(code, { "content-type": "application/json", connection: "close" });
  response.end(`${JSON.stringify(body)}\n`);
}

function listening(server: Server, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(address, () => {
      server.off("error", reject);
      resolve();
    });
  });
}
