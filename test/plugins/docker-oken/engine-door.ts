import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { clientOptions } from "../../../plugins/docker-oken/src/engine/engine-address.ts";
import { engine } from "./engine.ts";

/** Another address of the engine, where it fails some requests; all others reach it. For requests without upgrade: no builds. */
export async function engineDoor(fails: (method: string, path: string) => boolean): Promise<string> {
  const { socketPath, host, port } = await clientOptions({ dockerHost: engine().host });
  const behind = { ...(socketPath ? { socketPath } : { host, port: Number(port) }), agent: false as const };
  const server = createServer((asked, answer) => {
    const { method = "GET", url: path = "/", headers } = asked;
    if (fails(method, path)) {
      answer.writeHead(500, { "content-type": "application/json" });
      return void answer.end('{"message":"not today"}');
    }
    const onward = request({ ...behind, method, path, headers }, (given) => {
      answer.writeHead(given.statusCode ?? 502, given.headers);
      answer.flushHeaders();
      given.pipe(answer);
    });
    onward.on("error", () => answer.destroy());
    answer.on("close", () => onward.destroy());
    asked.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
