import { chmod, mkdir, readdir, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { checkState } from "../../../../core/src/cli/doctor/check-state.ts";
import { specOf } from "../../../fixtures/runner.ts";
import { emptyDirectory, lease, opened, processGroup, settled } from "../../journal/entries.ts";

describe("doctor's look at the state directory", () => {
  let directory: string;

  beforeEach(async () => {
    directory = await emptyDirectory();
  });

  const check = (stateDir = directory) => checkState(specOf([], [], { journal: "durable", stateDir }).options, "echo");

  it("says that the first start makes it, and leaves nothing behind", async () => {
    const deep = path.join(directory, "a/b");
    expect(await check(deep)).toEqual([
      { check: "state directory", ok: true, detail: `${deep}; the first start makes it` },
    ]);
    expect(await readdir(directory)).toEqual([]);
  });

  it("names what is owed, and who works there", async () => {
    const { journal, end } = await opened(directory);
    await journal.owe(lease("a"), [{ n: 1 }, { n: 2 }], settled);
    await journal.own(processGroup("x"));
    const { size } = await stat(path.join(directory, "journal"));
    const sum = `${size} bytes, 1 runs, 2 reports owed, 1 resources`;
    expect(await check()).toEqual([
      { check: "state directory", ok: true, detail: `${directory}; process ${process.pid} works with it` },
      { check: "journal", ok: true, detail: sum },
    ]);
    await end();
    expect(await check()).toMatchObject([{ detail: `${directory}; no runner works with it` }, { ok: true }]);
  });

  it("finds a directory in which others may write", async () => {
    await chmod(directory, 0o777);
    expect(await check()).toMatchObject([
      { ok: false, problem: expect.stringContaining("its mode is 0777, so that other users may write there") },
    ]);
    await chmod(directory, 0o700);
  });

  it("finds what is no directory", async () => {
    const file = path.join(directory, "file");
    await writeFile(file, "");
    expect(await check(file)).toMatchObject([{ ok: false, problem: expect.stringContaining("ENOTDIR") }]);
    expect(await check(path.join(file, "state"))).toMatchObject([
      { ok: false, problem: expect.stringContaining("ENOTDIR") },
    ]);
  });

  it("finds a journal that is broken or was set aside", async () => {
    await writeFile(path.join(directory, "journal"), "nonsense\n");
    expect((await check())[1]).toMatchObject({ ok: false, problem: expect.stringContaining("broken") });
    await writeFile(path.join(directory, "journal"), "");
    await mkdir(path.join(directory, "journal.damaged-2026"));
    expect((await check())[1]).toMatchObject({ ok: false, problem: expect.stringContaining("1 damaged journals") });
  });

  it("has nothing to look at where the journal is in memory", async () => {
    expect(await checkState(specOf([]).options, "echo")).toMatchObject([
      { ok: true, detail: expect.stringContaining("in memory") },
    ]);
  });
});
