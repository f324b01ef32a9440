import fc from "fast-check";
import { SecretStore } from "leasehold";
import { describe, expect, it } from "vitest";
import { logFrames } from "../../../../plugins/docker-oken/src/containers/log-frames.ts";
import { LONGEST_LINE, logLines } from "../../../../plugins/docker-oken/src/containers/log-lines.ts";

const frame = (stream: number, content: Buffer) => {
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(content.length, 4);
  return Buffer.concat([header, content]);
};

/** Cuts bytes at the given places, as a connection may. */
async function* cut(bytes: Buffer, places: readonly number[]): AsyncGenerator<Buffer> {
  let from = 0;
  for (const place of [...places.map((at) => at % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]) {
    if (place > from) yield bytes.subarray(from, place);
    from = Math.max(from, place);
  }
}

async function linesOf(bytes: Buffer, places: readonly number[] = []): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of logLines(logFrames(cut(bytes, places)))) lines.push(line.toString("utf8"));
  return lines;
}

describe("logLines", () => {
  it("finds the same lines however the stream is cut", async () => {
    const line = fc.string({ unit: "binary", maxLength: 20 }).map((text) => text.replace(/[\r\n]/g, "-"));
    const entry = fc.record({ stream: fc.constantFrom(1, 2), line });
    await fc.assert(
      fc.asyncProperty(fc.array(entry), fc.array(fc.nat()), async (entries, places) => {
        const bytes = Buffer.concat(entries.map(({ stream, line }) => frame(stream, Buffer.from(`${line}\n`))));
        expect(await linesOf(bytes, places)).toEqual(entries.map(({ line }) => Buffer.from(line).toString("utf8")));
      }),
    );
  });

  it("masks a secret that lies across the pieces of a line", async () => {
    const { runner } = new SecretStore();
    runner.register("mellon-the-friend", "password");
    const text = `${"x".repeat(LONGEST_LINE / 3 - 8)}mellon-the-friend, and on`;
    const lines: string[] = [];
    for await (const line of logLines(logFrames(cut(frame(1, Buffer.from(`${text}\nnext`)), [])), () =>
      runner.stream(),
    ))
      lines.push(line.toString("utf8"));
    expect(lines).toEqual(["x".repeat(LONGEST_LINE / 3 - 8), "********, and on", "next"]);
  });

  it("puts a line together per stream", async () => {
    const pieces = [
      frame(1, Buffer.from("one ")),
      frame(2, Buffer.from("error\n")),
      frame(1, Buffer.from("line\nrest")),
    ];
    await expect(linesOf(Buffer.concat(pieces))).resolves.toEqual(["error", "one line", "rest"]);
  });

  it("keeps every character of a line that is too long", async () => {
    const text = "aé€😀".repeat(30_000);
    const lines = await linesOf(frame(1, Buffer.from(`${text}\n`)));
    expect(lines.join("")).toBe(text);
    for (const line of lines) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(LONGEST_LINE);
  });

  it("stays bounded whatever the bytes are", async () => {
    const lines = await linesOf(frame(1, Buffer.alloc(300_000, 0xff)));
    for (const line of lines) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(LONGEST_LINE);
  });

  it("drops carriage returns at the end, and keeps empty lines", async () => {
    await expect(linesOf(frame(1, Buffer.from("a\r\n\r\nb\rc\n")))).resolves.toEqual(["a", "", "b\rc"]);
  });
});

describe("logFrames", () => {
  it("says when the stream is none of the engine's", async () => {
    await expect(linesOf(Buffer.from("GET / HTTP/1.1\r\n"))).rejects.toThrow("out of step");
  });
});
