import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OutputBuffer } from "../../../../plugins/command-executor/src/launcher/output-buffer.ts";

function capture(limit: number, chunks: readonly Uint8Array[]) {
  const buffer = new OutputBuffer(limit);
  for (const chunk of chunks) buffer.push(Buffer.from(chunk));
  return buffer.captured();
}

describe("OutputBuffer", () => {
  it("joins characters that arrive in pieces", () => {
    const bytes = [...Buffer.from("é☃😀")].map((byte) => Uint8Array.of(byte));
    expect(capture(100, bytes)).toEqual({ text: "é☃😀", droppedBytes: 0 });
  });

  it("keeps a byte order mark and replaces what is no UTF-8", () => {
    expect(capture(100, [Uint8Array.of(0xef, 0xbb, 0xbf, 0x61, 0xff, 0xc3)]).text).toBe("\uFEFFa\uFFFD\uFFFD");
  });

  it.each([
    [1, "", 5],
    [3, "", 5],
    [4, "😀", 1],
    [5, "😀a", 0],
  ])("cuts between characters at %d bytes", (limit, text, droppedBytes) => {
    expect(capture(limit, [Buffer.from("😀a")])).toEqual({ text, droppedBytes });
  });

  it("keeps the longest beginning of whole characters, however it arrives", () => {
    const texts = fc.string({ unit: "binary" }).map((text) => text.toWellFormed());
    fc.assert(
      fc.property(texts, fc.nat(30), fc.integer({ min: 1, max: 7 }), (text, limit, size) => {
        const bytes = Buffer.from(text);
        const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
          bytes.subarray(i * size, (i + 1) * size),
        );
        const captured = capture(limit, chunks);
        const next = [...text.slice(captured.text.length)][0] ?? "";
        expect(text.startsWith(captured.text)).toBe(true);
        expect(Buffer.byteLength(captured.text) + captured.droppedBytes).toBe(bytes.length);
        expect(Buffer.byteLength(captured.text)).toBeLessThanOrEqual(limit);
        if (next !== "") expect(Buffer.byteLength(captured.text + next)).toBeGreaterThan(limit);
      }),
    );
  });
});
