import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** Answers a download in the coordinator's place; says whether it did. */
export type Answer = (name: string, response: ServerResponse) => boolean;

/** Stands between runner and coordinator, passes everything on, and may answer downloads itself. */
export async function startMiddleman(url: string, answer: Answer): Promise<string> {
  const server = createServer((incoming, outgoing) => {
    const [, name] = /^\/scripts\/([^/]+)\/download$/.exec(incoming.url ?? "") ?? [];
    if (name !== undefined && answer(name, outgoing)) return;
    passOn(url, incoming, outgoing);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function passOn(url: string, incoming: IncomingMessage, outgoing: ServerResponse): void {
  const { method, headers } = incoming;
  const onward = request(url + incoming.url, { method, headers: { ...headers, host: new URL(url).host } }, (reply) => {
    outgoing.writeHead(reply.statusCode ?? 502, reply.headers);
    reply.pipe(outgoing);
  });
  onward.on("error", () => outgoing.destroy());
  outgoing.on("close", () => onward.destroy());
  incoming.pipe(onward);
}
