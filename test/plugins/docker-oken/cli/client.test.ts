import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it, vi } from "vitest";
import { OkenClient } from "../../../../plugins/docker-oken/src/cli/client.ts";

const HOUR_MS = 3_600_000;

afterEach(() => void vi.useRealTimers());

it("waits for an answer, and for the rest of one, as long as they take", async () => {
  const asked = Promise.withResolvers<ServerResponse>();
  const server = createServer((_request, response) => asked.resolve(response));
  await once(server.listen(0, "127.0.0.1"), "listening");
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] });
  const client = new OkenClient(
    `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    undefined,
    new AbortController().signal,
  );
  const opened = client.open("/logs/a?follow=true");
  const response = await asked.promise;
  await vi.advanceTimersByTimeAsync(HOUR_MS);
  response.write("a line\n");
  const reader = (await opened).body?.getReader();
  expect(Buffer.from((await reader?.read())?.value ?? "").toString()).toBe("a line\n");
  await vi.advanceTimersByTimeAsync(HOUR_MS);
  response.end("another\n");
  expect(Buffer.from((await reader?.read())?.value ?? "").toString()).toBe("another\n");
  server.close();
});
