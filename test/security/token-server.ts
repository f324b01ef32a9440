import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** A provider on loopback that repeats what it is told where it refuses, and gives one token. */
export class TokenServer implements AsyncDisposable {
  readonly #server: Server;
  readonly #token: string;
  /** So many requests for a token are refused first. */
  refusals = 0;

  private constructor(token: string) {
    this.#token = token;
    this.#server = createServer(async (request, response) => {
      const { status, body } = this.#answer(request, await text(request));
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    });
  }

  static async start(token: string): Promise<TokenServer> {
    const server = new TokenServer(token);
    await new Promise<void>((resolve) => server.#server.listen(0, "127.0.0.1", resolve));
    return server;
  }

  get issuer(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer({ url, headers }: IncomingMessage, body: string): { status: number; body: object } {
    const { issuer } = this;
    if (url !== "/token") return { status: 200, body: { issuer, token_endpoint: `${issuer}/token` } };
    if (this.refusals-- <= 0) return { status: 200, body: { access_token: this.#token, token_type: "Bearer" } };
    return { status: 401, body: { error: "invalid_client", error_description: `${body} ${headers.authorization}` } };
  }
}
