import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { probe } from "../../../../plugins/coordinator/src/checks/probe.ts";

it("gives up an answer that never ends", async () => {
  const server = createServer((_, response) => {
    const chunk = Buffer.alloc(1024 * 1024, "x");
    const pour = () => {
      while (!response.destroyed && response.write(chunk));
      response.once("drain", pour);
    };
    pour();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const signal = AbortSignal.timeout(60_000);
  await expect(probe({ url, credentials: undefined, signal }, "/health")).rejects.toThrow(
    "it answers with more than 16777216 bytes",
  );
});
