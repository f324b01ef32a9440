import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * What becomes of a request: it is passed on (`slow`: its answer half a second later), its answer is lost after the coordinator acted
 * (`lose`), it is cut or never answered, or answered with nonsense.
 */
export type Fault = "pass" | "slow" | "lose" | "cut" | "hang" | "500" | "garbage" | "empty";

export interface PassedRequest {
  readonly method: string;
  readonly path: string;
  readonly body: string;
}

/** A real HTTP server between a runner and a coordinator that does to requests what a bad network does. */
export class Middleman implements AsyncDisposable {
  /** What becomes of the next request; asked once for each. */
  fault: (request: { readonly method: string; readonly path: string }) => Fault = () => "pass";
  /** Sees every request that is passed on, before it is, and every answer that gets through. */
  onRequest: (request: PassedRequest) => Promise<void> = async () => {};
  onAnswer: (request: PassedRequest, body: string) => void = () => {};
  /** Requests that came, as `METHOD /path`. */
  readonly requests: string[] = [];
  readonly #server: Server;
  readonly #target: () => string;
  readonly #watchers = new Set<() => void>();

  private constructor(target: () => string) {
    this.#target = target;
    this.#server = createServer((incoming, response) => void this.#receive(incoming, response));
  }

  static async start(target: () => string): Promise<Middleman> {
    const middleman = new Middleman(target);
    await new Promise<void>((resolve) => middleman.#server.listen(0, "127.0.0.1", resolve));
    return middleman;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  count(request: string): number {
    return this.requests.filter((seen) => seen === request).length;
  }

  /** Settles when so many more requests of a kind have come. */
  async more(request: string, count: number): Promise<void> {
    const enough = this.count(request) + count;
    while (this.count(request) < enough) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#watchers.add(resolve);
      await promise;
      this.#watchers.delete(resolve);
    }
  }

  /** Breaks every open connection. */
  cutAll(): void {
    this.#server.closeAllConnections();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #receive(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const path = (incoming.url ?? "/").split("?", 1)[0] as string;
    const fault = this.fault({ method: incoming.method ?? "", path });
    this.requests.push(`${incoming.method} ${path}`);
    for (const wake of this.#watchers) wake();
    if (fault === "hang") return;
    if (fault === "cut") return void response.socket?.destroy();
    if (fault === "500") return void response.writeHead(500).end("Internal Server Error");
    if (fault === "garbage") return void response.writeHead(200).end('{"run": [');
    if (fault === "empty") return void response.writeHead(204).end();
    const body = Buffer.concat(chunks);
    const passed = { method: incoming.method ?? "", path, body: body.toString("utf8") };
    await this.onRequest(passed);
    this.#pass(incoming, body, response, fault, (answer) => this.onAnswer(passed, answer));
  }

  #pass(
    { method, url, headers }: IncomingMessage,
    body: Buffer,
    response: ServerResponse,
    fault: Fault,
    onAnswer: (body: string) => void,
  ): void {
    const onward = request(this.#target() + url, { method, headers, agent: false }, async (answer) => {
      const chunks: Buffer[] = [];
      for await (const chunk of answer) chunks.push(chunk as Buffer);
      if (fault === "slow") await new Promise((resolve) => setTimeout(resolve, 500));
      if (fault === "lose" || response.destroyed) return response.socket?.destroy();
      const text = Buffer.concat(chunks);
      onAnswer(text.toString("utf8"));
      return response.writeHead(answer.statusCode ?? 500, answer.headers).end(text);
    });
    onward.on("error", () => response.socket?.destroy());
    response.on("close", () => onward.destroy());
    onward.end(body);
  }
}
