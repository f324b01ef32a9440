import { once } from "node:events";
import { Agent, createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Fault } from "./fault.ts";
import { type Answer, inflict } from "./inflict.ts";

const HOST = "127.0.0.1";
const TAKEN_MS = 50;
/** They speak of one connection only. */
const OF_THE_HOP = ["connection", "keep-alive", "transfer-encoding"];

export interface ProxySettings {
  /** Where requests go; nothing while nobody is there. */
  readonly port: () => number | undefined;
  /** The fault that a request meets, if any; asked once for each, in the order of their arrival. */
  readonly fault: (method: string, path: string) => Fault | undefined;
}

/** Stands between a runner and its coordinator, and does to their connections what networks and crashes do. */
export class FaultProxy {
  readonly #settings: ProxySettings;
  readonly #server: Server;
  readonly #agent = new Agent({ keepAlive: true });
  #port = 0;
  #refusals = 0;
  #handedOut: Answer | undefined;
  #closed = false;

  constructor(settings: ProxySettings) {
    this.#settings = settings;
    this.#server = createServer((request, response) => {
      void this.#serve(request, response).catch(() => reset(response));
    });
    this.#server.on("error", (thrown: NodeJS.ErrnoException) => {
      // `listen` tells of the first time.
      if (this.#port === 0) return;
      if (thrown.code !== "EADDRINUSE") throw thrown;
      // Somebody has taken the port while it was refused: it comes back when they are gone.
      this.#refuse(TAKEN_MS);
    });
  }

  get url(): string {
    return `http://${HOST}:${this.#port}`;
  }

  /** Takes a free port of the loopback. */
  async listen(): Promise<void> {
    this.#server.listen(this.#port, HOST);
    await once(this.#server, "listening");
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Breaks every connection, and refuses new ones for so long. */
  disconnect(ms: number): void {
    this.#refuse(ms);
    this.#server.closeAllConnections();
  }

  /** Frees the port and breaks what is open. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#server.closeAllConnections();
    this.#agent.destroy();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, "close");
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on("error", () => undefined);
    const body = await bodyOf(incoming);
    const path = (incoming.url ?? "").split("?", 1)[0] ?? "";
    const fault = this.#settings.fault(incoming.method ?? "", path);
    if (fault?.kind === "refuse") this.#refuse(fault.ms);
    if (fault?.kind === "refuse" || fault?.kind === "reset" || fault?.kind === "restart") return reset(response);
    const earlier = fault?.kind === "again" ? this.#takeHandedOut() : undefined;
    if (earlier) return inflict(undefined, earlier, response);
    const answer =
      !fault || fault.acted || fault.kind === "again" ? await this.#forward(incoming, body, response) : undefined;
    if (response.destroyed) return;
    if (answer === "nobody") return reset(response);
    if (answer && handsOutRun(answer)) this.#handedOut = answer;
    await inflict(fault, answer, response);
  }

  #takeHandedOut(): Answer | undefined {
    const earlier = this.#handedOut;
    this.#handedOut = undefined;
    return earlier;
  }

  /** Passes a request on as it came. When its sender goes meanwhile, so does this one. */
  async #forward(incoming: IncomingMessage, body: Buffer, response: ServerResponse): Promise<Answer | "nobody"> {
    const port = this.#settings.port();
    if (port === undefined || response.destroyed) return "nobody";
    const { method, url, headers } = incoming;
    const onward = request({ host: HOST, port, method, path: url, headers, agent: this.#agent });
    const leave = () => onward.destroy();
    response.once("close", leave);
    try {
      onward.end(body);
      const [answer] = (await once(onward, "response")) as [IncomingMessage];
      const content = await bodyOf(answer);
      const kept = Object.entries(answer.headers).filter(([name]) => !OF_THE_HOP.includes(name));
      return { status: answer.statusCode ?? 0, headers: Object.fromEntries(kept), body: content };
    } catch {
      return "nobody";
    } finally {
      response.off("close", leave);
    }
  }

  /** Connections are refused by the kernel, as where no process listens. Refusals that overlap last as long as the longest. */
  #refuse(ms: number): void {
    this.#refusals++;
    if (this.#server.listening) this.#server.close();
    setTimeout(() => {
      this.#refusals--;
      if (this.#refusals === 0 && !this.#closed) this.#server.listen(this.#port, HOST);
    }, ms);
  }
}

function handsOutRun({ status, body }: Answer): boolean {
  return status === 200 && /"run"\s*:\s*\{/.test(body.toString());
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function reset(response: ServerResponse): void {
  response.socket?.resetAndDestroy();
}
