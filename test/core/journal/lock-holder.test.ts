import { describe, expect, it } from "vitest";
import { holderIn, lockHolder } from "../../../core/src/journal/lock-holder.ts";
import { emptyDirectory, opened } from "./entries.ts";

describe("lockHolder", () => {
  it("names the process that has a state directory, and leaves the lock alone", async () => {
    const directory = await emptyDirectory();
    expect(await lockHolder(directory)).toBeUndefined();
    const { end } = await opened(directory);
    expect(await lockHolder(directory)).toBe(process.pid);
    await end();
    expect(await lockHolder(directory)).toBeUndefined();
  });

  it.each([
    ["1: POSIX  ADVISORY  WRITE 4711 fe:00:99 1073741825 1073742335", 4711],
    ["1: POSIX  ADVISORY  READ 4711 fe:00:99 0 EOF", undefined],
    ["1: POSIX  ADVISORY  WRITE 4711 fe:00:999 0 EOF", undefined],
    ["1: -> POSIX  ADVISORY  WRITE 4711 fe:00:99 0 EOF", undefined],
    ["", undefined],
  ])("reads %j", (locks, pid) => {
    expect(holderIn(locks, 99)).toBe(pid);
  });
});
