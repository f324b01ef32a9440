import { rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Pool } from "undici";
import type {
  AgentSummary,
  AgentsDoor,
  Deployed,
  DeployOptions,
  LogRequest,
} from "../../../plugins/docker-oken/src/agents-door.ts";
import { agentNotFound, OkenError } from "../../../plugins/docker-oken/src/oken-error.ts";

/** An agent of these tests: a real HTTP server, which gets the request's body and answers. */
export type LocalAgent = (request: IncomingMessage, response: ServerResponse, body: string) => void;

/** Agents that are HTTP servers of this process instead of containers, so that what stands before them can be tested alone. */
export class LocalAgents implements AgentsDoor {
  readonly #servers = new Map<
    string,
    { readonly server: Server; readonly pool: Pool; readonly summary: AgentSummary }
  >();
  readonly deployed: { agentId: string; folder: string; secrets: Readonly<Record<string, string>> }[] = [];
  invokeTimeoutMs = 10_000;
  lines: (request: LogRequest) => AsyncIterable<Buffer> = async function* () {};
  onDeploy: (agentId: string, folder: string, options: DeployOptions) => Promise<Deployed> = async () => ({
    status: "running",
  });

  async add(agentId: string, agent: LocalAgent): Promise<this> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk) => chunks.push(chunk));
      request.on("end", () => agent(request, response, Buffer.concat(chunks).toString("utf8")));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const pool = new Pool(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { connections: 64 });
    const summary = { agentId, name: agentId, status: "running", createdAt: new Date() } as const;
    this.#servers.set(agentId, { server, pool, summary });
    return this;
  }

  async deploy(agentId: string, folder: string, options: DeployOptions): Promise<Deployed> {
    this.deployed.push({ agentId, folder, secrets: options.secrets });
    return this.onDeploy(agentId, folder, options);
  }

  async enter(agentId: string) {
    const { pool } = this.#of(agentId);
    return { dispatcher: pool, invokeTimeoutMs: this.invokeTimeoutMs, leave: () => undefined };
  }

  async stop(agentId: string): Promise<void> {
    this.#of(agentId);
    await this.#end(agentId);
  }

  list(): readonly AgentSummary[] {
    return [...this.#servers.values()].map(({ summary }) => summary);
  }

  runningCount(): number {
    return this.#servers.size;
  }

  async logs(agentId: string, request: LogRequest) {
    this.#of(agentId);
    return this.lines(request);
  }

  async buildLog(agentId: string): Promise<string> {
    this.#of(agentId);
    return "Step 1/1 : FROM scratch\n";
  }

  async close(): Promise<void> {
    await Promise.all([...this.#servers.keys()].map((agentId) => this.#end(agentId)));
    await Promise.all(this.deployed.map(({ folder }) => rm(folder, { recursive: true, force: true })));
  }

  #of(agentId: string) {
    const found = this.#servers.get(agentId);
    if (!found) throw agentNotFound(agentId);
    return found;
  }

  async #end(agentId: string): Promise<void> {
    const found = this.#servers.get(agentId);
    this.#servers.delete(agentId);
    found?.server.closeAllConnections();
    await found?.pool.destroy();
    await new Promise((resolve) => found?.server.close(resolve) ?? resolve(undefined));
  }
}

export { OkenError };

/** An agent that answers with what it was given as its output. */
export const echo: LocalAgent = (_request, response, body) => {
  response.setHeader("content-type", "application/json");
  response.end(`{"output":${body.slice('{"input":'.length, -1)}}`);
};
