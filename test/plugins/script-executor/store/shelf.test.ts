import { mkdir, readdir, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { newVersionId } from "../../../../plugins/script-executor/src/store/installer.ts";
import { ScriptStore } from "../../../../plugins/script-executor/src/store/script-store.ts";
import { recordingLog } from "../../coordinator/test-source.ts";
import { manifestOf, temporaryDirectory } from "../archives.ts";

/** The shelf of script `a` in a directory of its own, and versions for it. */
async function testShelf(given?: string) {
  const projectDir = given ?? (await temporaryDirectory());
  const { log, lines } = recordingLog();
  const store = new ScriptStore(projectDir, log);
  const shelf = store.shelf("a");
  const place = store.layout.place("a");
  const make = async (text: string, id = newVersionId()) => {
    await store.prepare();
    const directory = join(store.layout.versions, id, "a");
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, "run.sh"), text);
    await writeFile(join(directory, "script.json"), manifestOf("a"));
    return { id, directory, manifest: { name: "a", description: "d", script_file: "run.sh" } };
  };
  const text = (directory = place) => readFile(join(directory, "run.sh"), "utf8");
  const versions = async () => {
    await shelf.has();
    await store.deletions.done();
    return (await readdir(store.layout.versions)).length;
  };
  return { projectDir, store, shelf, place, make, text, versions, lines };
}

describe("a shelf", () => {
  it("shows the newest version where no run is in the way", async () => {
    const { shelf, make, text, versions, place } = await testShelf();
    await shelf.install(await make("one"));
    await shelf.install(await make("two"));
    expect([await text(), await versions()]).toEqual(["two", 1]);
    const lease = await shelf.take();
    expect(lease?.directory).toBe(place);
  });

  it("keeps what a run uses until its last use ends", async () => {
    const { shelf, make, text, versions, place } = await testShelf();
    await shelf.install(await make("one"));
    const [old, oldToo] = [await shelf.take(), await shelf.take()];
    await shelf.install(await make("two"));
    const next = await shelf.take();
    expect([await text(old?.directory), await text(next?.directory)]).toEqual(["one", "two"]);
    expect(next?.directory).not.toBe(place);
    old?.release();
    old?.release();
    expect([await text(), await versions()]).toEqual(["one", 2]);
    oldToo?.release();
    expect([await versions(), await text(), await text(next?.directory)]).toEqual([1, "two", "two"]);
    expect((await shelf.take())?.directory).toBe(place);
  });

  it("deletes a version that was skipped while a run was in the way", async () => {
    const { shelf, make, text, versions } = await testShelf();
    await shelf.install(await make("one"));
    const first = await shelf.take();
    await shelf.install(await make("two"));
    const second = await shelf.take();
    await shelf.install(await make("three"));
    expect(await versions()).toBe(3);
    second?.release();
    expect(await versions()).toBe(2);
    first?.release();
    expect([await versions(), await text()]).toEqual([1, "three"]);
  });

  it("gives a removed script to no run, and removes it when its last run ends", async () => {
    const { shelf, make, text, versions } = await testShelf();
    await shelf.install(await make("one"));
    const lease = await shelf.take();
    expect(await shelf.remove()).toBe(true);
    expect(await shelf.take()).toBeUndefined();
    expect(await text()).toBe("one");
    lease?.release();
    expect(await versions()).toBe(0);
    await expect(text()).rejects.toThrow("ENOENT");
  });

  it("brings a script back that was removed under a run", async () => {
    const { shelf, make, text, versions } = await testShelf();
    await shelf.install(await make("one"));
    const lease = await shelf.take();
    await shelf.remove();
    await shelf.install(await make("two"));
    lease?.release();
    expect([await versions(), await text()]).toEqual([1, "two"]);
  });

  it("finds what an earlier runner has installed", async () => {
    const { shelf, make, projectDir } = await testShelf();
    await shelf.install(await make("one"));
    const later = await testShelf(projectDir);
    expect((await later.shelf.take())?.version.manifest?.script_file).toBe("run.sh");
    expect(await later.store.installed()).toEqual(["a"]);
  });

  it("leaves the versions of a living runner beside it to that one", async () => {
    const { shelf, make, projectDir, versions, text } = await testShelf();
    await shelf.install(await make("one"));
    const beside = await testShelf(projectDir);
    const lease = await shelf.take();
    await beside.shelf.install(await beside.make("two"));
    expect([await beside.versions(), await text(), await text(lease?.version.directory)]).toEqual([2, "two", "one"]);
    lease?.release();
    await shelf.install(await make("three"));
    expect([await versions(), await text()]).toEqual([2, "three"]);
  });

  it("leaves everything as it was when the exchange fails", async () => {
    const { shelf, make, text, store } = await testShelf();
    await shelf.install(await make("one"));
    const version = await make("two");
    await rm(store.layout.incoming, { recursive: true });
    await writeFile(store.layout.incoming, "in the way");
    await expect(shelf.install(version)).rejects.toThrow("EEXIST");
    expect([await text(), await text((await shelf.take())?.directory)]).toEqual(["one", "one"]);
  });

  it("takes no link of somebody else for its own", async () => {
    const { shelf, place, store, make, projectDir } = await testShelf();
    await mkdir(join(projectDir, "elsewhere"));
    await mkdir(store.layout.root);
    await symlink("../elsewhere", place);
    expect([await shelf.remove(), await store.installed()]).toEqual([false, []]);
    await shelf.install(await make("one"));
    const [aside = ""] = await readdir(store.layout.setAside);
    expect(await realpath(join(store.layout.setAside, aside))).toBeDefined();
    expect(await readdir(join(store.layout.setAside, aside))).toEqual(["a"]);
    expect(await readdir(join(projectDir, "elsewhere"))).toEqual([]);
  });

  it("leaves a folder of somebody else to the runs that use it", async () => {
    const { shelf, place, make, text, versions } = await testShelf();
    await mkdir(place, { recursive: true });
    await writeFile(join(place, "run.sh"), "by hand");
    const lease = await shelf.take();
    await shelf.install(await make("one"));
    expect([await text(), await text((await shelf.take())?.directory)]).toEqual(["by hand", "one"]);
    lease?.release();
    expect([await versions(), await text()]).toEqual([1, "one"]);
  });
});

describe("what crashed runners have left", () => {
  it("is deleted, unless its runner may be alive", async () => {
    const { make, store, projectDir, shelf } = await testShelf();
    const [host = "", pid = "", born = ""] = newVersionId().split("-");
    await shelf.install(await make("shown"));
    await make("of a dead process", `${host}-4194305-${born}-x`);
    await make("of an earlier process with this id", `${host}-${pid}-earlier-x`);
    await make("of a runner beside", `${host}-${pid}-${born}-x`);
    await make("of a living process", `${host}-1-${born}-x`);
    await make("of another host", `other-1-${born}-x`);
    await mkdir(join(store.layout.incoming, `${host}-4194305-${born}-y`));
    const later = await testShelf(projectDir);
    await later.store.prepare();
    await later.store.deletions.done();
    expect(await readdir(store.layout.incoming)).toEqual([]);
    expect((await readdir(store.layout.versions)).filter((id) => id.endsWith("-x")).sort()).toEqual(
      [`${host}-${pid}-${born}-x`, `${host}-1-${born}-x`, `other-1-${born}-x`].sort(),
    );
    expect(await later.text()).toBe("shown");
  });
});
