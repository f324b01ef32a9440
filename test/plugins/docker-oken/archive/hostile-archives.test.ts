import { readdir } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { receiveArchive } from "../../../../plugins/docker-oken/src/archive/receive.ts";
import { archiveOf, type Made, tarOf, temporaryDirectory, withHeader } from "../../script-executor/archives.ts";

const LIMITS = { archiveBytes: 64e6, expandedBytes: 512e6, entries: 20_000, pathBytes: 1_024 };

async function outcome(upload: Buffer, limits: Partial<typeof LIMITS> = {}) {
  const folder = await temporaryDirectory();
  const receiving = receiveArchive(inChunks(upload), folder, { ...LIMITS, ...limits });
  const thrown = await receiving.then(
    () => undefined,
    (reason) => reason,
  );
  return { folder, thrown };
}

async function* inChunks(bytes: Buffer) {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}

const many = (count: number, of: (at: number) => Made) => Array.from({ length: count }, (_, at) => of(at));
const DEEP = "d/".repeat(500);

describe("an archive", () => {
  test("of many tiny files is refused", async () => {
    const archive = await archiveOf(many(3_000, (at) => ({ name: `f${at}`, content: "" })));
    const { folder, thrown } = await outcome(archive, { entries: 1_000 });
    expect(thrown).toMatchObject({ code: "TOO_LARGE" });
    expect((await readdir(folder)).length).toBeLessThanOrEqual(1_000);
  });

  test.each<[string, (at: number) => Made]>([
    ["files", (at) => ({ name: `${DEEP}${at}`, content: "x" })],
    ["files of one name", () => ({ name: `${DEEP}x`, content: "x" })],
    ["folders of one name", () => ({ name: DEEP, type: "directory" })],
  ])("of many deep %s is taken", async (_, of) => {
    const { folder, thrown } = await outcome(await archiveOf(many(500, of)));
    expect(thrown).toBeUndefined();
    expect(await readdir(folder)).toEqual(["d"]);
  });

  test("of deep folders, each another, is refused", async () => {
    const { thrown } = await outcome(
      await archiveOf(many(500, (at) => ({ name: `${at}/${DEEP}`, type: "directory" }))),
      {
        entries: 2_000,
      },
    );
    expect(thrown).toMatchObject({ code: "TOO_LARGE" });
  });

  test("of headers about nothing is taken or refused", async () => {
    const one = await tarOf([{ name: "x", pax: { comment: "y".repeat(3_000) }, content: "" }]);
    // The header about the next entry, without that entry.
    const header = one.subarray(0, 512 + 3_584);
    const { thrown } = await outcome(gzipSync(Buffer.concat(many(2_000, () => ({ name: "" })).map(() => header))));
    if (thrown) expect(thrown).toMatchObject({ name: "OkenError" });
  });

  test("of a header of many megabytes is refused", async () => {
    const tar = await tarOf([{ name: "x", pax: { comment: "y".repeat(10_000_000) }, content: "" }]);
    expect((await outcome(gzipSync(tar))).thrown).toMatchObject({ code: "CONFIG_ERROR" });
  });

  test.each<[string, () => Promise<Buffer>]>([
    ["gzip twice", async () => gzipSync(gzipSync(await tarOf([{ name: "a", content: "" }])))],
    [
      "members of gzip",
      async () => {
        const t = await tarOf([{ name: "a", content: "x" }]);
        return Buffer.concat([gzipSync(t.subarray(0, 512)), gzipSync(t.subarray(512))]);
      },
    ],
    [
      "garbage behind",
      async () =>
        Buffer.concat([gzipSync(await tarOf([{ name: "a", content: "" }])), Buffer.from("garbage".repeat(1000))]),
    ],
    [
      "zeros behind",
      async () => Buffer.concat([gzipSync(await tarOf([{ name: "a", content: "" }])), Buffer.alloc(100_000)]),
    ],
    [
      "a wrong checksum",
      async () => {
        const t = await tarOf([{ name: "a", content: "" }]);
        t[150] = 0x39;
        return gzipSync(t);
      },
    ],
    [
      "a wrong crc",
      async () => {
        const t = gzipSync(await tarOf([{ name: "a", content: "" }]));
        t.writeUInt8((t.at(-6) ?? 0) ^ 0xff, t.length - 6);
        return t;
      },
    ],
    ["cut gzip", async () => gzipSync(await tarOf([{ name: "a", content: "x".repeat(100_000) }])).subarray(0, 100)],
    ["cut tar", async () => gzipSync((await tarOf([{ name: "a", content: "x".repeat(100_000) }])).subarray(0, 5_000))],
    ["cut header", async () => gzipSync((await tarOf([{ name: "a", content: "x" }])).subarray(0, 100))],
    [
      "negative size",
      async () =>
        gzipSync(
          withHeader(await tarOf([{ name: "a", content: "x" }]), "a", (h) => {
            h.fill(0xff, 124, 136);
          }),
        ),
    ],
    [
      "base-256 size",
      async () =>
        gzipSync(
          withHeader(await tarOf([{ name: "a", content: "x" }]), "a", (h) => {
            h.fill(0xff, 124, 136);
            h[124] = 0x80;
          }),
        ),
    ],
    [
      "size of letters",
      async () =>
        gzipSync(
          withHeader(await tarOf([{ name: "a", content: "x" }]), "a", (h) => {
            h.write("zzzzzzzzzzz", 124);
          }),
        ),
    ],
    ["pax size lies", async () => gzipSync(await tarOf([{ name: "a", pax: { size: "999999999999" }, content: "x" }]))],
    ["pax size negative", async () => gzipSync(await tarOf([{ name: "a", pax: { size: "-5" }, content: "x" }]))],
    ["pax path nul", async () => gzipSync(await tarOf([{ name: "a", pax: { path: "b\0c" }, content: "x" }]))],
    ["pax path empty", async () => gzipSync(await tarOf([{ name: "a", pax: { path: "" }, content: "x" }]))],
    ["name is .", async () => gzipSync(await tarOf([{ name: ".", content: "x" }]))],
    [
      "name is empty",
      async () =>
        gzipSync(
          withHeader(await tarOf([{ name: "a", content: "x" }]), "a", (h) => {
            h[0] = 0;
          }),
        ),
    ],
    [
      "sparse type S",
      async () =>
        gzipSync(
          withHeader(await tarOf([{ name: "a", content: "x" }]), "a", (h) => {
            h[156] = 0x53;
          }),
        ),
    ],
    [
      "unknown type Z",
      async () =>
        gzipSync(
          withHeader(await tarOf([{ name: "a", content: "x" }]), "a", (h) => {
            h[156] = 0x5a;
          }),
        ),
    ],
    ["fifo", async () => gzipSync(await tarOf([{ name: "a", type: "fifo" }]))],
    ["chr", async () => gzipSync(await tarOf([{ name: "a", type: "character-device" }]))],
    [
      "dir with size",
      async () =>
        gzipSync(
          withHeader(
            await tarOf([
              { name: "a/", type: "directory" },
              { name: "b", content: "x" },
            ]),
            "a/",
            (h) => {
              h.write("00000001000", 124);
            },
          ),
        ),
    ],
    [
      "file then dir",
      async () =>
        gzipSync(
          await tarOf([
            { name: "a", content: "x" },
            { name: "a/", type: "directory" },
          ]),
        ),
    ],
    [
      "file then below",
      async () =>
        gzipSync(
          await tarOf([
            { name: "a", content: "x" },
            { name: "a/b", content: "y" },
          ]),
        ),
    ],
    [
      "dir then file",
      async () =>
        gzipSync(
          await tarOf([
            { name: "a/b", content: "x" },
            { name: "a", content: "x" },
          ]),
        ),
    ],
    [
      "link then below",
      async () =>
        gzipSync(
          await tarOf([
            { name: "a", type: "symlink", linkname: "b" },
            { name: "a/x", content: "y" },
          ]),
        ),
    ],
    [
      "link loop",
      async () =>
        gzipSync(
          await tarOf([
            { name: "a", type: "symlink", linkname: "b" },
            { name: "b", type: "symlink", linkname: "a" },
          ]),
        ),
    ],
    ["link self", async () => gzipSync(await tarOf([{ name: "a", type: "symlink", linkname: "a" }]))],
    [
      "hard link rewritten",
      async () =>
        gzipSync(
          await tarOf([
            { name: "a", content: "x" },
            { name: "b", type: "link", linkname: "a" },
            { name: "a", content: "zz" },
            { name: "b", content: "q" },
          ]),
        ),
    ],
    [
      "hard link bomb",
      async () =>
        gzipSync(
          await tarOf([
            { name: "a", content: "x".repeat(1000) },
            ...Array.from({ length: 500 }, (_, i) => ({ name: `l${i}`, type: "link" as const, linkname: "a" })),
          ]),
        ),
    ],
    [
      "toml link",
      async () => gzipSync(await tarOf([{ name: "oken.toml", type: "symlink", linkname: "../../../../etc/passwd" }])),
    ],
    ["windows drive", async () => gzipSync(await tarOf([{ name: "C:\\x", content: "x" }]))],
    ["unc", async () => gzipSync(await tarOf([{ name: "\\\\host\\x", content: "x" }]))],
    [
      "latin1 name",
      async () =>
        gzipSync(
          withHeader(await tarOf([{ name: "abc", content: "x" }]), "abc", (h) => {
            h[1] = 0xe9;
          }),
        ),
    ],
    ["nothing but zeros", async () => gzipSync(Buffer.alloc(1_000_000))],
    ["noise", async () => gzipSync(crypto.getRandomValues(Buffer.alloc(60_000)))],
  ])("with %s ends in words or a folder", async (_, make) => {
    const { thrown } = await outcome(await make(), { expandedBytes: 5e6 });
    if (thrown)
      expect(thrown).toMatchObject({ name: "OkenError", code: expect.stringMatching(/CONFIG_ERROR|TOO_LARGE/) });
  });
});
