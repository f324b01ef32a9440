import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { JsonObject } from "leasehold";
import { describe, expect, it, onTestFinished } from "vitest";
import { openEventStream } from "../../../../plugins/coordinator/src/submit/event-stream.ts";
import { eventText } from "../../../../plugins/coordinator/src/submit/event-text.ts";

describe("openEventStream", () => {
  it("gives up an answer of another kind that never ends", async () => {
    const url = await serving((response) => {
      response.writeHead(200, { "content-type": "text/html" }).write("<html>");
    });
    expect(await opened(url)).toMatchObject({ open: false });
  });

  it("closes at an event that never ends", async () => {
    const hungUp = Promise.withResolvers<void>();
    const url = await serving((response) => {
      response.on("close", hungUp.resolve).writeHead(200, { "content-type": "text/event-stream" });
      const chunk = `data: ${"x".repeat(1024 * 1024)}\n`;
      const pour = () => {
        while (!response.destroyed && response.write(chunk));
        response.once("drain", pour);
      };
      pour();
    });
    const stream = await opened(url);
    await hungUp.promise;
    await expect.poll(() => stream.open).toBe(false);
  });

  it("shows events nested too deep as well as it can", async () => {
    const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
    const data = `{"data":{"event_type":"message","content":[${deep}]}}`;
    const url = await serving((response) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).write(`event: event\ndata: ${data}\n\n`);
    });
    const stream = await opened(url);
    const heard = Promise.withResolvers<string | undefined>();
    stream.listen(({ data: { data: event } }) => heard.resolve(eventText(event as JsonObject)));
    expect(await heard.promise).toBe("message: (nested too deep to be shown)");
  });
});

async function opened(url: string) {
  const over = new AbortController();
  onTestFinished(() => over.abort());
  return openEventStream({ url, credentials: () => undefined }, "ses_x", over.signal);
}

async function serving(answer: (response: ServerResponse) => void): Promise<string> {
  const server = createServer((_, response) => answer(response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
