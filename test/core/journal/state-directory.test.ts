import { chmod, stat } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { assertPrivate, makeStateDirectory } from "../../../core/src/journal/state-directory.ts";
import { specOf } from "../../fixtures/runner.ts";
import { emptyDirectory } from "./entries.ts";

const modeOf = async (file: string) => (await stat(file)).mode & 0o777;

describe("makeStateDirectory", () => {
  it("makes a directory that is this user's alone", async () => {
    const directory = path.join(await emptyDirectory(), "a/b");
    await makeStateDirectory(directory, { ...specOf([]).options, stateDir: directory });
    expect(await modeOf(directory)).toBe(0o700);
  });

  it("closes one of this user's to others", async () => {
    const directory = await emptyDirectory();
    await chmod(directory, 0o777);
    await makeStateDirectory(directory, { ...specOf([]).options, stateDir: directory });
    expect(await modeOf(directory)).toBe(0o700);
  });

  it("refuses one that stays open to others", async () => {
    const directory = await emptyDirectory();
    await chmod(directory, 0o720);
    await expect(assertPrivate(directory)).rejects.toThrow("its mode is 0720, so that other users may write there");
    await chmod(directory, 0o755);
    await assertPrivate(directory);
  });
});
