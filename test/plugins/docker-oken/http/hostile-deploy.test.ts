import { once } from "node:events";
import { readdir, rm, writeFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, onTestFinished, test } from "vitest";
import { archiveOf, tarOf } from "../../script-executor/archives.ts";
import { ask, type LocalApi, localApi } from "../local-api.ts";

const incoming = ({ dataDir }: LocalApi) => readdir(join(dataDir, "incoming")).catch(() => []);

const AGENT = [
  { name: "oken.toml", content: 'name = "a"\n' },
  { name: "main.py", content: "def handler(input):\n    return {}\n" },
];

const part = (name: string, content: Buffer | string, file = false) =>
  Buffer.concat([
    Buffer.from(`--x\r\ncontent-disposition: form-data; name="${name}"${file ? '; filename="a"' : ""}\r\n\r\n`),
    Buffer.from(content),
    Buffer.from("\r\n"),
  ]);
const END = Buffer.from("--x--\r\n");
const TYPE = { "content-type": "multipart/form-data; boundary=x" };

async function socketTo({ url }: LocalApi): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  return socket;
}

const until = async (holds: () => Promise<boolean>) => {
  while (!(await holds())) await new Promise((resolve) => setImmediate(resolve));
};

describe("an upload", () => {
  test("is refused in words where it cannot be kept, and the runner goes on", async () => {
    const api = await localApi();
    const place = join(api.dataDir, "incoming");
    await rm(place, { recursive: true, force: true });
    await writeFile(place, "no folder");
    const body = Buffer.concat([part("agent_id", "a"), part("tarball", await archiveOf(AGENT), true), END]);
    const answer = await ask(`${api.url}/deploy`, { method: "POST", headers: TYPE, body });
    expect(answer).toMatchObject({ status: 500, body: { code: "CONTAINER_ERROR" } });
    expect(answer.body.error).toMatch(/data directory/);
    await rm(place);
    expect(await ask(`${api.url}/deploy`, { method: "POST", headers: TYPE, body })).toMatchObject({ status: 200 });
  });

  test("with many archives takes the disk of one", async () => {
    const expandedBytes = 2_000_000;
    const api = await localApi({ expandedBytes });
    const bomb = gzipSync(await tarOf([{ name: "zeros", content: Buffer.alloc(1_900_000) }]));
    const parts = Array.from({ length: 20 }, () => part("tarball", bomb, true));
    const request = ask(`${api.url}/deploy`, {
      method: "POST",
      headers: TYPE,
      body: Buffer.concat([...parts, part("agent_id", "a"), END]),
    });
    let most = 0;
    let over = false;
    const watching = until(async () => {
      most = Math.max(most, (await incoming(api)).length);
      return over;
    });
    expect(await request).toMatchObject({ status: 200 });
    over = true;
    await watching;
    expect(most).toBeLessThanOrEqual(2);
    expect(await incoming(api)).toHaveLength(1);
  });

  test("whose sender leaves amid any part leaves nothing behind", async () => {
    const api = await localApi();
    const archive = await archiveOf([
      ...AGENT,
      { name: "noise", content: crypto.getRandomValues(Buffer.alloc(60_000)) },
    ]);
    const whole = Buffer.concat([
      part("agent_id", "a"),
      part("tarball", archive, true),
      part("tarball", archive, true),
      part("secrets", "{}"),
    ]);
    const head = `POST /deploy HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${TYPE["content-type"]}\r\ncontent-length: ${whole.length + END.length}\r\n\r\n`;
    for (let at = 0; at <= whole.length; at += Math.ceil(whole.length / 23)) {
      const socket = await socketTo(api);
      socket.write(Buffer.concat([Buffer.from(head), whole.subarray(0, at)]));
      if (at > 1_000) await until(async () => (await incoming(api)).length > 0);
      socket.destroy();
      await until(async () => (await incoming(api)).length === 0);
    }
    expect(api.agents.deployed).toEqual([]);
  });

  test("that stalls holds up nobody else's", async () => {
    const api = await localApi();
    const stalled = await Promise.all(Array.from({ length: 50 }, () => socketTo(api)));
    for (const socket of stalled)
      socket.write(
        `POST /deploy HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${TYPE["content-type"]}\r\ncontent-length: 9999\r\n\r\n--x\r\n`,
      );
    const body = Buffer.concat([part("agent_id", "a"), part("tarball", await archiveOf(AGENT), true), END]);
    expect(await ask(`${api.url}/deploy`, { method: "POST", headers: TYPE, body })).toMatchObject({ status: 200 });
  });
});
