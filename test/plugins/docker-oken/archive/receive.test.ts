import { lstat, mkdir, readdir, readFile, realpath } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { receiveArchive } from "../../../../plugins/docker-oken/src/archive/receive.ts";
import { archiveOf, census, type Made, tarOf, temporaryDirectory } from "../../script-executor/archives.ts";

const LIMITS = { archiveBytes: 1e6, expandedBytes: 1e6, entries: 100, pathBytes: 200 };

async function received(upload: Buffer, limits: Partial<typeof LIMITS> = {}, chunk = 1_000) {
  const folder = await temporaryDirectory();
  await receiveArchive(inChunks(upload, chunk), folder, { ...LIMITS, ...limits });
  return folder;
}

async function* inChunks(bytes: Buffer, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const refusalOf = (upload: Buffer, limits: Partial<typeof LIMITS> = {}) =>
  received(upload, limits).then(
    () => expect.fail("the archive was taken"),
    (thrown) => ({ code: thrown.code, status: thrown.status, message: thrown.message }),
  );

const traversal = (name: string) => ({
  code: "CONFIG_ERROR",
  status: 400,
  message: expect.stringMatching(new RegExp(`Path traversal: member .${name.replaceAll(/[.\\\\]+/g, ".+")}`)),
});

const file = (name: string, content = "x"): Made => ({ name, content });

describe("an archive that is taken", () => {
  test("yields its files, with folders that have no entry (T166, T170)", async () => {
    const folder = await received(await archiveOf([file("oken.toml", "a"), file("src/deep/a.py", "b")]));
    expect(await readFile(join(folder, "src/deep/a.py"), "utf8")).toBe("b");
    expect(Object.keys(await census(folder)).sort()).toEqual(["oken.toml", "src/", "src/deep/", "src/deep/a.py"]);
  });

  test("may have ./ in front, folders, and steps back inside", async () => {
    const made = [
      { name: "./", type: "directory" as const },
      { name: "./a/", type: "directory" as const },
    ];
    const folder = await received(await archiveOf([...made, file("./a/../b.py"), file("a//c.py")]));
    expect(Object.keys(await census(folder)).sort()).toEqual(["a/", "a/c.py", "b.py"]);
  });

  test("has backslashes for separators, as from Windows", async () => {
    const folder = await received(await archiveOf([file("src\\deep\\a.py")]));
    expect(Object.keys(await census(folder))).toContain("src/deep/a.py");
  });

  test("may be empty of members", async () => {
    expect(await readdir(await received(await archiveOf([])))).toEqual([]);
  });

  test("gives the later of two files with one name", async () => {
    const folder = await received(await archiveOf([file("a.py", "old"), file("a.py", "new")]));
    expect(await readFile(join(folder, "a.py"), "utf8")).toBe("new");
  });

  test("keeps links that stay inside", async () => {
    const made: Made[] = [
      file("a/b.py", "b"),
      { name: "c.py", type: "symlink", linkname: "a/b.py" },
      { name: "a/up.py", type: "symlink", linkname: "../c.py" },
      { name: "d.py", type: "link", linkname: "a/b.py" },
    ];
    const folder = await received(await archiveOf(made));
    expect(await readFile(join(folder, "a/up.py"), "utf8")).toBe("b");
    expect(await readFile(join(folder, "d.py"), "utf8")).toBe("b");
  });

  test("keeps the owner's right to execute and no other bit", async () => {
    const folder = await received(
      await archiveOf([
        { ...file("a.sh"), mode: 0o6777 },
        { ...file("b.py"), mode: 0o622 },
      ]),
    );
    const modes = await Promise.all(
      ["a.sh", "b.py"].map(async (name) => (await lstat(join(folder, name))).mode & 0o7777),
    );
    const mask = process.umask();
    expect(modes).toEqual([0o755 & ~mask, 0o644 & ~mask]);
  });

  test("may come in any chunks", async () => {
    const archive = await archiveOf([file("a.py", "a"), file("src/b.py", "b")]);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 300 }), async (size) => {
        expect(await readdir(await received(archive, {}, size))).toEqual(["a.py", "src"]);
      }),
      { numRuns: 20 },
    );
  });
});

describe("what leaves the folder is a path traversal", () => {
  test.each(["../../../etc/passwd", "/etc/passwd", "src/../../x", "..\\x", "C:\\x", "\\x", "../id-x/file", ".."])(
    "such as member %s (T142, T167, T168, T169, OKEN-D24)",
    async (name) => {
      expect(await refusalOf(await archiveOf([file(name)]))).toEqual(traversal(name));
    },
  );

  test.each<[string, Made[]]>([
    ["a link to outside", [{ name: "l", type: "symlink", linkname: "../x" }]],
    ["a link to an absolute path", [{ name: "l", type: "symlink", linkname: "/etc/passwd" }]],
    ["a deep link that climbs too far", [{ name: "a/b/l", type: "symlink", linkname: "../../../x" }]],
    ["a hard link to outside", [{ name: "l", type: "link", linkname: "../x" }]],
  ])("such as %s (OKEN-D6)", async (_, made) => {
    expect(await refusalOf(await archiveOf(made))).toMatchObject({
      message: expect.stringContaining("Path traversal"),
    });
  });

  test("is never made, whatever names and links there are", async () => {
    const step = fc.constantFrom("..", ".", "a", "b", "l", "");
    const path = fc.array(step, { minLength: 1, maxLength: 5 }).map((steps) => steps.join("/"));
    const made = fc.oneof(
      path.map((name): Made => file(name)),
      fc.tuple(path, path).map(([name, linkname]): Made => ({ name, type: "symlink", linkname })),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(made, { maxLength: 6 }), async (members) => {
        const outer = await temporaryDirectory();
        await mkdir(join(outer, "in"));
        const archive = await archiveOf(members.filter(({ name }) => name !== ""));
        await receiveArchive(inChunks(archive, 1e6), join(outer, "in"), LIMITS).catch((thrown) => {
          if (thrown.code !== "CONFIG_ERROR") throw thrown;
        });
        expect(await readdir(outer)).toEqual(["in"]);
        for (const name of Object.keys(await census(join(outer, "in")))) {
          const real = await realpath(join(outer, "in", name)).catch(() => `${outer}/in`);
          expect(`${real}/`.startsWith(`${outer}/in/`)).toBe(true);
        }
      }),
      { numRuns: 150 },
    );
  });
});

describe("an archive is refused as a fault of the user", () => {
  test.each<[string, () => Buffer | Promise<Buffer>, RegExp]>([
    ["is empty", () => Buffer.alloc(0), /not a gzip archive/],
    ["is one byte", () => Buffer.from([0x1f]), /not a gzip archive/],
    ["is no gzip", () => Buffer.from("\x89PNG pixels"), /not a gzip archive/],
    ["is a plain tar", () => tarOf([file("a.py")]), /not a gzip archive/],
    ["is gzip of something else", () => gzipSync("just text, and more of it ".repeat(50)), /not a tar/],
    ["is cut off", async () => (await archiveOf([file("a.py")])).subarray(0, -12), /cut off/],
    [
      "is cut off inside the tar",
      async () => gzipSync((await tarOf([file("a.py", "x".repeat(900))])).subarray(0, 900)),
      /not a tar/,
    ],
  ])("when it %s (OKEN-D5)", async (_, make, message) => {
    expect(await refusalOf(await make())).toEqual({
      code: "CONFIG_ERROR",
      status: 400,
      message: expect.stringMatching(message),
    });
  });

  test.each<[string, Made[], RegExp]>([
    ["a pipe", [{ name: "p", type: "fifo" }], /special file/],
    ["a device", [{ name: "d", type: "character-device" }], /special file/],
    ["a file where a folder is", [file("a/b"), file("a")], /where the archive has a folder/],
    ["a file below a file", [file("a"), file("a/b")], /below a file/],
    ["a file below a link", [{ name: "l", type: "symlink", linkname: "." }, file("l/x")], /below a link/],
    [
      "a link through a link",
      [
        { name: "l", type: "symlink", linkname: "." },
        { name: "m", type: "symlink", linkname: "l/../x" },
      ],
      /through another link/,
    ],
    ["a hard link to nothing", [{ name: "l", type: "link", linkname: "nobody" }], /no file of the archive/],
    ["a line break in a name", [file("a\nb")], /control characters/],
  ])("when it holds %s (OKEN-D6)", async (_, made, message) => {
    expect(await refusalOf(await archiveOf(made))).toEqual({
      code: "CONFIG_ERROR",
      status: 400,
      message: expect.stringMatching(message),
    });
  });

  test("when a path is too long", async () => {
    expect(await refusalOf(await archiveOf([file(`${"a/".repeat(120)}x`)]))).toMatchObject({ code: "CONFIG_ERROR" });
  });
});

describe("an archive beyond a limit is too large (OKEN-D22)", () => {
  test.each<[string, Partial<typeof LIMITS>, RegExp]>([
    ["in bytes", { archiveBytes: 100 }, /more than 100 bytes/],
    ["when expanded", { expandedBytes: 2_000 }, /expands to more than 2000 bytes/],
    ["in entries", { entries: 2 }, /more than 2 entries/],
  ])("%s", async (_, limits, message) => {
    const archive = await archiveOf([file("a"), file("b"), file("c", "y".repeat(5_000))]);
    expect(await refusalOf(archive, limits)).toEqual({
      code: "TOO_LARGE",
      status: 413,
      message: expect.stringMatching(message),
    });
  });

  test("also when folders that have no entry make it so", async () => {
    expect(await refusalOf(await archiveOf([file("a/b/c/d/e")]), { entries: 3 })).toMatchObject({ code: "TOO_LARGE" });
  });
});

test("an upload that breaks off rejects with what broke it", async () => {
  const folder = await temporaryDirectory();
  const archive = await archiveOf([file("a.py")]);
  async function* broken() {
    yield archive.subarray(0, 30);
    throw new Error("the connection is gone");
  }
  await expect(receiveArchive(broken(), folder, LIMITS)).rejects.toThrow("the connection is gone");
});
