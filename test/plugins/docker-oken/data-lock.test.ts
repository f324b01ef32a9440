import { chmod, chown, lchown, mkdtemp, rm, stat, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { lockDataDirectory } from "../../../plugins/docker-oken/src/data-lock.ts";

const isRoot = process.getuid?.() === 0;
const NOBODY = 65534;

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "leasehold-data-lock-"));
  return () => rm(directory, { recursive: true });
});

describe("the lock of a data directory", () => {
  it("is one runner's at a time", async () => {
    const lock = await lockDataDirectory(directory);
    await expect(lockDataDirectory(directory)).rejects.toThrow("another runner uses the data directory");
    lock.release();
    (await lockDataDirectory(directory)).release();
  });

  it("makes a directory that is this user's alone", async () => {
    const made = join(directory, "oken");
    (await lockDataDirectory(made)).release();
    expect((await stat(made)).mode & 0o777).toBe(0o700);
  });

  it("takes the right to write away from others", async () => {
    await chmod(directory, 0o777);
    (await lockDataDirectory(directory)).release();
    expect((await stat(directory)).mode & 0o777).toBe(0o755);
  });

  it.runIf(isRoot)("refuses a directory of another user", async () => {
    await chown(directory, NOBODY, NOBODY);
    await expect(lockDataDirectory(directory)).rejects.toThrow(
      /belongs to another user \(65534\): make it .*OKEN_DATA_DIR/,
    );
  });

  it.runIf(isRoot)("refuses a link that another user has laid", async () => {
    const link = `${directory}.link`;
    await symlink(directory, link);
    onTestFinished(() => rm(link));
    await lchown(link, NOBODY, NOBODY);
    await expect(lockDataDirectory(link)).rejects.toThrow("belongs to another user");
  });
});
