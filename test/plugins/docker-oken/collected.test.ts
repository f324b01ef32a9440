import { expect, test } from "vitest";
import { collected } from "../../../plugins/docker-oken/src/collected.ts";

const CHUNK = 64 * 1024;

async function* chunks(count: number): AsyncGenerator<Uint8Array> {
  for (let number = 0; number < count; number++) yield new Uint8Array(CHUNK).fill(number);
}

test("a large stream passes whole and in order, and leaves little to be collected", async () => {
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  let number = 0;
  for await (const chunk of collected(chunks(4_000))) {
    expect(chunk[CHUNK - 1]).toBe(number++ % 256);
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
  }
  expect(number).toBe(4_000);
  expect(most).toBeLessThan(32 * 1024 * 1024);
});

test("a stream that fails does so behind it, too", async () => {
  async function* failing() {
    yield new Uint8Array(1);
    throw new Error("the sender has left");
  }
  const stream = collected(failing());
  expect(await stream.next()).toEqual({ done: false, value: new Uint8Array(1) });
  await expect(stream.next()).rejects.toThrow("the sender has left");
});
