import { mkdir, readdir, readFile, readlink, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ScriptFault } from "../../../../plugins/script-executor/src/script-fault.ts";
import { archiveOf, manifestOf, scriptOf, temporaryDirectory } from "../archives.ts";
import { testKeeper } from "../test-keeper.ts";

const shell = (name: string, text: string) => archiveOf(scriptOf(name, `#!/bin/sh\necho ${text}\n`));

/** Something that the test lets happen. */
function gate() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { passed: promise, open: resolve };
}

describe("a sync", () => {
  it("makes the script executable for whoever may read it", async () => {
    const { origin, keeper, ready, scripts } = await testKeeper();
    origin.archives.set("a", await shell("a", "one"));
    keeper.sync(["a"]);
    await ready("a");
    expect((await stat(join(scripts, "a/run.sh"))).mode & 0o777).toBe(0o755 & ~(process.umask() & 0o444));
    expect((await stat(join(scripts, "a/script.json"))).mode & 0o111).toBe(0);
    expect(await readlink(join(scripts, "a"))).toMatch(/^\.leasehold\/versions\/[^/]+\/a$/);
    expect(await readdir(join(scripts, ".leasehold/incoming"))).toEqual([]);
  });

  it("is repeated until the download works", async () => {
    const { origin, keeper, ready, read, lines } = await testKeeper();
    const archive = await shell("a", "one");
    let failures = 3;
    origin.archives.set("a", async () => {
      if (failures-- > 0) throw new Error("connection lost");
      return archive;
    });
    keeper.sync(["a"]);
    await ready("a");
    expect(await read("a/run.sh")).toContain("echo one");
    expect(origin.asked).toEqual(["a", "a", "a", "a"]);
    expect(lines.map(({ msg }) => msg)).toContain(
      "script 'a' could not be brought in step, trying again: connection lost",
    );
  });

  it("of a script whose manifest is a folder is refused once", async () => {
    const { origin, keeper, fault } = await testKeeper();
    origin.archives.set("a", await archiveOf([{ name: "a/script.json/x", content: "{}" }]));
    keeper.sync(["a"]);
    expect(await fault("a")).toMatch(/could not be taken from the coordinator\nscript.json is no file/);
    await fault("a");
    expect(origin.asked.length).toBeLessThanOrEqual(3);
  });

  it("that breaks off in the middle keeps the old script", async () => {
    const { origin, keeper, ready, read, fault, scripts, patience } = await testKeeper();
    origin.archives.set("a", await shell("a", "one"));
    keeper.sync(["a"]);
    await ready("a");
    const next = await shell("a", "two");
    let whole = false;
    origin.broken = (name) => !whole && name === "a";
    origin.archives.set("a", next);
    keeper.sync(["a"]);
    await expect.poll(() => keeper.failureOf("a")).toBeDefined();
    patience(0.2);
    expect(await fault("a")).toBe(
      "Error: Script 'a' could not be brought in step with the coordinator within 0.2 s\nLast failure: broken off",
    );
    expect(await read("a/run.sh")).toContain("echo one");
    whole = true;
    patience(20);
    await ready("a");
    expect(await read("a/run.sh")).toContain("echo two");
    await keeper.close();
    expect(await readdir(join(scripts, ".leasehold/incoming"))).toEqual([]);
    expect(await readdir(join(scripts, ".leasehold/versions"))).toHaveLength(1);
  });

  it("of a refused archive keeps the old script for runs, and is not repeated", async () => {
    const { origin, keeper, ready, read, lines } = await testKeeper();
    origin.archives.set("a", await shell("a", "one"));
    keeper.sync(["a"]);
    await ready("a");
    const link = { name: "a/l", type: "symlink", linkname: "/etc/passwd" } as const;
    origin.archives.set("a", await archiveOf(scriptOf("a", "two", [link])));
    keeper.sync(["a"]);
    await ready("a");
    expect(await read("a/run.sh")).toContain("echo one");
    expect(origin.asked).toEqual(["a", "a"]);
    expect(lines.at(-1)?.msg).toBe(
      "script 'a' could not be brought in step: the archive is refused: link 'l' has an absolute target: '/etc/passwd'",
    );
  });

  it.each([
    ["no script.json", [{ name: "a/run.sh", content: "x" }], /the archive holds no script.json/],
    ["no JSON", [{ name: "a/script.json", content: "{" }], /script.json is no JSON/],
    ["no description", [{ name: "a/script.json", content: '{"name":"a","script_file":"x"}' }], /description: /],
    [
      "an empty script_file",
      [{ name: "a/script.json", content: manifestOf("a", { script_file: "" }) }],
      /script_file: /,
    ],
    [
      "a script_file that climbs",
      [{ name: "a/script.json", content: manifestOf("a", { script_file: "../b" }) }],
      /plain name/,
    ],
    [
      "a script_file in a folder",
      [{ name: "a/script.json", content: manifestOf("a", { script_file: "b/c" }) }],
      /plain name/,
    ],
    ["a script_file that is missing", [{ name: "a/script.json", content: manifestOf("a") }], /names no file.*run.sh/],
    [
      "a script_file that is a folder",
      [
        { name: "a/script.json", content: manifestOf("a") },
        { name: "a/run.sh/", type: "directory" },
      ],
      /names no file/,
    ],
  ] as const)("of a script with %s is refused", async (_, entries, problem) => {
    const { origin, keeper, fault } = await testKeeper();
    origin.archives.set("a", await archiveOf(entries));
    keeper.sync(["a"]);
    expect(await fault("a")).toMatch(/^Error: Script 'a' could not be taken from the coordinator\n/);
    expect(await fault("a")).toMatch(problem);
  });

  it("takes a script whose inner name and members differ", async () => {
    const { origin, keeper, ready } = await testKeeper();
    const content = manifestOf("another name", { future: true, parameters_schema: null });
    const entries = [
      { name: "a/run.sh", content: "#!/bin/sh\n" },
      { name: "a/script.json", content },
    ];
    origin.archives.set("a", await archiveOf(entries));
    keeper.sync(["a"]);
    await ready("a");
  });

  it("of an archive that is too large is refused", async () => {
    const { origin, keeper, fault } = await testKeeper({ archiveBytes: 100 });
    origin.archives.set("a", await shell("a", "one"));
    keeper.sync(["a"]);
    expect(await fault("a")).toContain("the archive is refused: it is more than 100 bytes");
  });

  it.each(["..", ".", "", "a/b", "../x", "/etc", "a\\b", ".hidden", "a\0b", "a\nb", "\ufffd", "x".repeat(256)])(
    "of the name %j is left alone",
    async (name) => {
      const { origin, keeper, fault, projectDir, lines } = await testKeeper();
      keeper.sync([name]);
      keeper.remove([name]);
      expect(await fault(name)).toMatch(/not found in local scripts directory\nExpected location: .*\/scripts$/);
      expect(origin.asked).toEqual([]);
      expect(await readdir(projectDir)).toEqual([]);
      expect(lines.map(({ level }) => level)).toEqual(["error", "error"]);
    },
  );

  it("does not interleave with another of the same script, and the last one wins", async () => {
    const { origin, keeper, ready, read } = await testKeeper();
    const [first, second] = [gate(), gate()];
    const bodies = [await shell("a", "one"), await shell("a", "two"), await shell("a", "three")];
    let open = 0;
    let most = 0;
    origin.archives.set("a", async () => {
      most = Math.max(most, ++open);
      if (origin.asked.length === 1) {
        second.open();
        await first.passed;
      }
      open--;
      return bodies[origin.asked.length - 1];
    });
    keeper.sync(["a"]);
    await second.passed;
    keeper.sync(["a"]);
    keeper.remove(["a"]);
    keeper.sync(["a"]);
    first.open();
    await ready("a");
    expect([await read("a/run.sh"), most, origin.asked.length]).toEqual(["#!/bin/sh\necho two\n", 1, 2]);
  });

  it("goes on beside others, as many at once as are allowed", async () => {
    const { origin, keeper, ready } = await testKeeper({ parallelSyncs: 2 });
    const all = gate();
    let [open, most] = [0, 0];
    for (const name of ["a", "b", "c", "d"]) {
      const archive = await shell(name, name);
      origin.archives.set(name, async () => {
        most = Math.max(most, ++open);
        if (open === 2) all.open();
        await all.passed;
        open--;
        return archive;
      });
    }
    keeper.sync(["a", "b", "c", "d"]);
    await Promise.all(["a", "b", "c", "d"].map(ready));
    expect(most).toBe(2);
  });
});

describe("a run", () => {
  it("waits for its own script only", async () => {
    const { origin, keeper, ready, fault, patience } = await testKeeper();
    origin.archives.set("a", () => new Promise(() => {}));
    origin.archives.set("b", await shell("b", "b"));
    keeper.sync(["a", "b"]);
    await ready("b");
    patience(0.1);
    expect(await fault("a")).toMatch(/within 0.1 s\nLast failure: its download is still under way/);
    origin.archives.clear();
  });

  it("stops waiting when it is stopped", async () => {
    const { origin, keeper } = await testKeeper();
    origin.archives.set("a", new Error("no"));
    keeper.sync(["a"]);
    const stop = new AbortController();
    const waiting = keeper.ready("a", stop.signal);
    stop.abort(new Error("stopped"));
    await expect(waiting).rejects.toThrow("stopped");
    await expect(keeper.ready("a", stop.signal)).rejects.toThrow("stopped");
  });

  it("asks for a script whose sync was lost", async () => {
    const { origin, ready, read } = await testKeeper();
    origin.archives.set("a", await shell("a", "one"));
    await ready("a");
    expect(await read("a/run.sh")).toContain("echo one");
  });

  it("finds no script that nobody has", async () => {
    const { keeper, origin, scripts } = await testKeeper();
    const thrown: ScriptFault = await keeper.ready("a", new AbortController().signal).then(
      () => undefined as never,
      (error) => error,
    );
    expect(thrown.code).toBe("SCRIPT_NOT_FOUND");
    expect(thrown.message).toBe(
      `Error: Script 'a' not found in local scripts directory\nExpected location: ${scripts}/a`,
    );
    expect(origin.asked).toEqual(["a"]);
  });
});

describe("reconciling", () => {
  it("fetches what is listed and removes what the origin no longer has", async () => {
    const projectDir = await temporaryDirectory();
    const earlier = await testKeeper({ projectDir });
    for (const name of ["gone", "stays"]) earlier.origin.archives.set(name, await shell(name, "old"));
    earlier.keeper.reconcile();
    await Promise.all(["gone", "stays"].map(earlier.ready));
    await earlier.keeper.close();

    const { origin, keeper, ready, scripts, fault, read } = await testKeeper({ projectDir });
    for (const name of ["stays", "new"]) origin.archives.set(name, await shell(name, "new"));
    await mkdir(join(scripts, "own"));
    await writeFile(join(scripts, "own", "run.sh"), "mine");
    await symlink("/etc", join(scripts, "linked"));
    keeper.reconcile();
    await Promise.all(["stays", "new"].map(ready));
    expect(await fault("gone")).toMatch(/not found/);
    expect((await readdir(scripts)).sort()).toEqual([".leasehold", "linked", "new", "own", "stays"]);
    expect(await read("stays/run.sh")).toContain("echo new");
    expect(await read("own/run.sh")).toBe("mine");
  });

  it("keeps a script that is listed under its inner name only", async () => {
    const { origin, keeper, ready, scripts } = await testKeeper();
    origin.archives.set("folder", await archiveOf(scriptOf("folder", "#!/bin/sh\n")));
    keeper.sync(["folder"]);
    await ready("folder");
    origin.names = () => ["inner name"];
    keeper.reconcile();
    await ready("folder");
    await ready("inner name").catch(() => {});
    expect(await readdir(scripts)).toContain("folder");
  });

  it("is repeated until the list can be read", async () => {
    const { origin, keeper, ready } = await testKeeper();
    origin.archives.set("a", await shell("a", "one"));
    let failures = 2;
    origin.names = () => {
      if (failures-- > 0) throw new Error("500");
      return ["a"];
    };
    keeper.reconcile();
    await ready("a");
    expect(origin.asked.filter((what) => what === "(list)")).toHaveLength(3);
  });
});

describe("a removal", () => {
  it("leaves what somebody else has put there", async () => {
    const { keeper, ready, scripts } = await testKeeper();
    await mkdir(join(scripts, "own"), { recursive: true });
    keeper.remove(["own"]);
    await ready("own");
    expect(await readdir(scripts)).toEqual(["own"]);
  });

  it("deletes all that was installed", async () => {
    const { origin, keeper, ready, scripts, fault } = await testKeeper();
    origin.archives.set("a", await shell("a", "one"));
    await ready("a");
    origin.archives.clear();
    keeper.remove(["a"]);
    expect(await fault("a")).toMatch(/not found/);
    await keeper.close();
    expect(await readdir(scripts)).toEqual([".leasehold"]);
    expect(await readdir(join(scripts, ".leasehold/versions"))).toEqual([]);
  });
});

describe("a place that cannot be written", () => {
  it("is named by the error of the run that waits", async () => {
    const { origin, keeper, fault, projectDir, patience } = await testKeeper();
    await writeFile(join(projectDir, "scripts"), "no directory");
    origin.archives.set("a", await shell("a", "one"));
    keeper.sync(["a"]);
    await expect.poll(() => keeper.failureOf("a")).toBeDefined();
    patience(0.1);
    expect(await fault("a")).toMatch(/Last failure: E(NOTDIR|EXIST): .*scripts/);
    expect(await readFile(join(projectDir, "scripts"), "utf8")).toBe("no directory");
  });
});
