import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { unpack } from "../../../../plugins/script-executor/src/archive/unpack.ts";
import { ScriptFault } from "../../../../plugins/script-executor/src/script-fault.ts";
import { archiveOf, census, type Made, scriptOf, tarOf, temporaryDirectory, withHeader } from "../archives.ts";

const LIMITS = { archiveBytes: 1_000_000, expandedBytes: 4_000_000, entries: 500, pathBytes: 200 };

/** Unpacks an archive of script `s` beside other things that must stay as they are. */
async function unpacked(archive: Buffer, limits = LIMITS) {
  const directory = await temporaryDirectory();
  const into = join(directory, "place", "s");
  await mkdir(join(directory, "place"));
  await mkdir(join(directory, "place", "other"));
  await writeFile(join(directory, "place", "other", "run.sh"), "another script's");
  await writeFile(join(directory, "archive"), archive);
  const signal = new AbortController().signal;
  const thrown = await unpack({ archive: join(directory, "archive"), script: "s", into, limits, signal }).catch(
    (error: unknown) => error,
  );
  const all = await census(directory);
  const outside = Object.keys(all).filter((path) => !path.startsWith("place/s/"));
  expect(outside.sort()).toEqual(["archive", "place/", "place/other/", "place/other/run.sh"]);
  expect(await readFile(join(directory, "place/other/run.sh"), "utf8")).toBe("another script's");
  return { into, thrown, files: Object.keys(all).filter((path) => path.startsWith("place/s/")) };
}

const plain = (name: string, content: string | Buffer = "x"): Made => ({ name, content });
const link = (name: string, linkname: string): Made => ({ name, type: "symlink", linkname });
const hard = (name: string, linkname: string): Made => ({ name, type: "link", linkname });

describe("a good archive", () => {
  it("becomes the script's folder", async () => {
    const { into, thrown } = await unpacked(
      await archiveOf(
        scriptOf("s", "#!/bin/sh\n", [
          plain("s/lib/deep/a.txt", "A"),
          { name: "s/lib/", type: "directory" },
          link("s/current", "lib/deep"),
          link("s/lib/up", "../run.sh"),
          hard("s/same.sh", "s/run.sh"),
          { name: "s/tool", mode: 0o4755, content: "t" },
          plain("s/empty", ""),
          plain("s/ünïcode ☃", "u"),
        ]),
      ),
    );
    expect(thrown).toBeUndefined();
    expect((await readdir(into)).sort()).toEqual(
      ["current", "empty", "lib", "run.sh", "same.sh", "script.json", "tool", "ünïcode ☃"].sort(),
    );
    expect(await readFile(join(into, "current/a.txt"), "utf8")).toBe("A");
    expect((await stat(join(into, "same.sh"))).ino).toBe((await stat(join(into, "run.sh"))).ino);
    expect((await stat(join(into, "tool"))).mode & 0o7777).toBe(0o755 & ~process.umask());
    expect((await stat(join(into, "run.sh"))).mode & 0o7777).toBe(0o644 & ~process.umask());
  });
});

describe("a hostile archive is refused and leaves nothing outside the script's folder", () => {
  it.each([
    ["climbs", [plain("s/../other/run.sh")], /'s\/\.\.\/other\/run.sh' climbs/],
    ["climbs at the start", [plain("../other/run.sh")], /climbs/],
    ["climbs at the end", [plain("s/..")], /climbs/],
    ["climbs as a folder", [{ name: "s/../", type: "directory" }], /climbs/],
    ["climbs from deep below", [plain("s/a/b/../../../other/run.sh")], /climbs/],
    ["hides a climb in a backslash", [plain("s\\..\\other\\run.sh")], /no plain file name/],
    ["holds a backslash", [plain("s/..\\..\\other")], /no plain file name/],
    ["holds an empty part", [plain("s//run")], /no plain file name/],
    ["holds a dot", [plain("s/./run")], /no plain file name/],
    ["begins with a dot", [plain("./s/run")], /no plain file name/],
    ["is absolute", [plain("/tmp/leasehold-hostile")], /absolute name/],
    ["is absolute twice", [plain("//tmp/leasehold-hostile")], /absolute name/],
    ["names another script", [plain("other/run.sh")], /outside the script's folder 's\/'/],
    ["has this script's name as a prefix", [plain("s-2/run.sh")], /outside the script's folder/],
    ["has no folder", [plain("run.sh")], /outside the script's folder/],
    ["holds control characters", [plain("s/a\nb")], /no plain file name: 'a\\nb'/],
    ["replaces the folder by a file", [plain("s")], /stands for the script's folder but is a file/],
    ["replaces the folder by a link", [link("s", "other")], /stands for the script's folder but is a symlink/],
    ["links to an absolute place", [link("s/l", "/etc/passwd")], /absolute target/],
    ["links out", [link("s/l", "../other/run.sh")], /leaves the script's folder/],
    ["links out of a folder", [plain("s/d/f"), link("s/d/l", "../../other")], /leaves the script's folder/],
    ["links out and in again", [link("s/l", "../s/run.sh")], /leaves the script's folder/],
    ["links nowhere", [link("s/l", "missing")], /leads nowhere/],
    ["links through a file", [plain("s/f"), link("s/l", "f/../run")], /leads nowhere/],
    ["links to nothing", [link("s/l", ".\\x")], /no plain path/],
    ["links to a link", [plain("s/f"), link("s/a", "f"), link("s/b", "a")], /leads to another link/],
    ["links through a link", [plain("s/d/f"), link("s/a", "d"), link("s/b", "a/f")], /leads through another link/],
    ["links to itself", [link("s/l", "l")], /leads to another link/],
    ["writes through a link", [plain("s/d/f"), link("s/l", "d"), plain("s/l/evil")], /lies below 'l', which is a link/],
    ["writes through a link out", [link("s/l", "../other"), plain("s/l/run.sh")], /lies below 'l', which is a link/],
    ["writes below a file", [plain("s/f"), plain("s/f/g")], /lies below 'f', which is a file/],
    ["replaces a link by a file", [link("s/l", "../other/run.sh"), plain("s/l")], /comes twice/],
    ["replaces a file", [plain("s/f"), plain("s/f")], /'f' comes twice/],
    ["replaces a folder by a link", [plain("s/d/f"), link("s/d", "..")], /'d' comes twice/],
    [
      "has a folder twice",
      [
        { name: "s/d/", type: "directory" },
        { name: "s/d/", type: "directory" },
      ],
      /comes twice/,
    ],
    ["hard-links out", [hard("s/l", "other/run.sh")], /outside the script's folder/],
    ["hard-links up", [hard("s/l", "s/../other/run.sh")], /climbs/],
    ["hard-links to an absolute place", [hard("s/l", "/etc/passwd")], /absolute name/],
    ["hard-links to a link", [link("s/l", "../other/run.sh"), hard("s/h", "s/l")], /leads to no file/],
    ["hard-links ahead", [hard("s/h", "s/f"), plain("s/f")], /leads to no file/],
    ["hard-links to a folder", [plain("s/d/f"), hard("s/h", "s/d")], /leads to no file/],
    [
      "makes a character device",
      [{ name: "s/null", type: "character-device", devmajor: 1, devminor: 3 }],
      /special file/,
    ],
    ["makes a block device", [{ name: "s/disk", type: "block-device", devmajor: 8, devminor: 0 }], /special file/],
    ["makes a pipe", [{ name: "s/pipe", type: "fifo" }], /special file \(fifo\)/],
    ["has a path that is too long", [plain(`s/${"d/".repeat(120)}f`)], /path longer than 200 bytes/],
    ["has a name that is too long", [plain(`s/${"n".repeat(256)}`)], /longer|no plain file name/],
  ] as [string, Made[], RegExp][])("when an entry %s", async (_, entries, problem) => {
    const { thrown } = await unpacked(await archiveOf(entries));
    expect(thrown).toBeInstanceOf(ScriptFault);
    expect((thrown as Error).message).toMatch(/^the archive is refused: /);
    expect((thrown as Error).message).toMatch(problem);
  });

  it("when a name in a header of the old kind climbs", async () => {
    const tar = withHeader(await tarOf([plain("s/aaaaaaaaaaaaaaaa")]), "s/aaaaaaaaaaaaaaaa", (header) => {
      header.write("s/../other/run.sh\0", 0, "latin1");
    });
    expect((await unpacked(gzipSync(tar))).thrown).toMatchObject({ message: expect.stringMatching(/climbs/) });
  });

  it("when a long header's prefix climbs", async () => {
    const tar = withHeader(await tarOf([plain("run.sh")]), "run.sh", (header) => {
      header.write("s/../other\0", 345, "latin1");
    });
    expect((await unpacked(gzipSync(tar))).thrown).toMatchObject({ message: expect.stringMatching(/climbs/) });
  });

  it("when a name is no UTF-8", async () => {
    const tar = withHeader(await tarOf([plain("s/abc")]), "s/abc", (header) => header.fill(0xff, 3, 5));
    expect((await unpacked(gzipSync(tar))).thrown).toMatchObject({
      message: expect.stringMatching(/no plain file name/),
    });
  });

  it("when a type is unknown", async () => {
    const tar = withHeader(await tarOf([plain("s/abc")]), "s/abc", (header) => header.write("Z", 156, "latin1"));
    expect((await unpacked(gzipSync(tar))).thrown).toMatchObject({ message: expect.stringMatching(/special file/) });
  });

  it("when a header of names is huge", async () => {
    const tar = withHeader(await tarOf([plain("s/abc", Buffer.alloc(900))]), "s/abc", (header) => {
      header.write("L", 156, "latin1");
      header.write("77777777777\0", 124, "latin1");
    });
    expect((await unpacked(gzipSync(tar))).thrown).toMatchObject({ code: "SCRIPT_REFUSED" });
  });
});

describe("an archive that costs too much is refused", () => {
  it("when it expands to too many bytes, of which no more are written", async () => {
    const bomb = await archiveOf([plain("s/zeros", Buffer.alloc(64_000_000))]);
    expect(bomb.length).toBeLessThan(100_000);
    const { thrown, into } = await unpacked(bomb);
    expect((thrown as Error).message).toBe("the archive is refused: it expands to more than 4000000 bytes");
    expect((await stat(join(into, "zeros"))).size).toBeLessThanOrEqual(4_000_000);
  });

  it("when it holds a hundred thousand entries, of which no more are made", async () => {
    const archive = gzipSync(await emptyFiles(100_000), { level: 1 });
    const { thrown, files } = await unpacked(archive, { ...LIMITS, expandedBytes: 1e9 });
    expect((thrown as Error).message).toBe("the archive is refused: it holds more than 500 entries");
    expect(files.length).toBeLessThanOrEqual(501);
  });

  it("when its entries imply too many folders", async () => {
    const deep = Array.from({ length: 10 }, (_, number) => plain(`s/${number}/${"d/".repeat(90)}f`));
    const { thrown } = await unpacked(await archiveOf(deep));
    expect((thrown as Error).message).toBe("the archive is refused: it holds more than 500 entries");
  });

  it("when nothing but headers follow one another", async () => {
    const tar = await tarOf([{ name: "s/f", pax: { comment: "c".repeat(4_000) }, content: "" } as Made]);
    const repeated = Buffer.concat(Array.from({ length: 2_000 }, () => tar.subarray(0, 4_608 + 512)));
    const { thrown } = await unpacked(gzipSync(repeated));
    expect(thrown).toBeInstanceOf(ScriptFault);
  });
});

describe("a broken archive is refused", () => {
  it.each([
    ["nothing", Buffer.alloc(0), /gzip|tar/],
    ["no gzip", Buffer.from("hello, this is no archive"), /gzip: incorrect header check/],
    ["a gzip of no tar", gzipSync(Buffer.alloc(2_048, "x")), /tar: Invalid tar header/],
    ["a gzip of half a header", gzipSync(Buffer.alloc(100, "x")), /tar: Unexpected end of data/],
  ])("that is %s", async (_, archive, problem) => {
    const { thrown } = await unpacked(archive);
    expect((thrown as Error | undefined)?.message).toMatch(problem);
  });

  it("wherever its gzip is cut", async () => {
    const whole = await archiveOf(scriptOf("s", "#!/bin/sh\n", [plain("s/data", Buffer.from(whiteNoise(5_000)))]));
    for (const part of [0.1, 0.3, 0.5, 0.7, 0.9, 0.999]) {
      const { thrown } = await unpacked(whole.subarray(0, Math.floor(whole.length * part)));
      expect((thrown as Error).message).toMatch(/gzip: unexpected end of file/);
    }
  });

  it("when its tar ends within a file", async () => {
    const tar = await tarOf([plain("s/data", "x".repeat(3_000))]);
    const { thrown } = await unpacked(gzipSync(tar.subarray(0, 2_048)));
    expect((thrown as Error).message).toMatch(/tar: Unexpected end of data/);
  });

  it("when garbage follows it", async () => {
    const whole = await archiveOf(scriptOf("s", "#!/bin/sh\n"));
    const { thrown } = await unpacked(Buffer.concat([whole, Buffer.from("garbage")]));
    expect((thrown as Error).message).toMatch(/^the archive is refused: gzip: /);
  });
});

/** A tar of so many empty files, header by header: a library takes long for it. */
async function emptyFiles(count: number): Promise<Buffer> {
  const header = (await tarOf([plain("s/000000", "")])).subarray(0, 512);
  const sum = Number.parseInt(header.toString("latin1", 148, 154), 8);
  const tar = Buffer.alloc((count + 2) * 512);
  for (let number = 0; number < count; number++) {
    const digits = String(number).padStart(6, "0");
    const at = number * 512;
    header.copy(tar, at);
    tar.write(digits, at + 2, "latin1");
    const more = [...digits].reduce((all, digit) => all + Number(digit), 0);
    tar.write((sum + more).toString(8).padStart(6, "0"), at + 148, "latin1");
  }
  return tar;
}

/** Bytes that do not compress, the same ones each time. */
function whiteNoise(length: number): number[] {
  let state = 1;
  return Array.from({ length }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return state & 0xff;
  });
}
