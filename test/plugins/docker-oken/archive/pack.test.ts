import { chmod, mkdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { packFolder } from "../../../../plugins/docker-oken/src/archive/pack.ts";
import { receiveArchive } from "../../../../plugins/docker-oken/src/archive/receive.ts";
import { census, temporaryDirectory } from "../../script-executor/archives.ts";

const LIMITS = { archiveBytes: 1e6, expandedBytes: 1e6, entries: 100, pathBytes: 200 };

async function folderOf(files: readonly string[]): Promise<string> {
  const folder = await temporaryDirectory();
  for (const file of files) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), `content of ${file}`);
  }
  return folder;
}

async function packed(folder: string): Promise<string[]> {
  const into = await temporaryDirectory();
  await receiveArchive(packFolder(folder), into, LIMITS);
  return Object.keys(await census(into)).filter((name) => !name.endsWith("/"));
}

test("a folder is packed as the Oken CLI packs it", async () => {
  const out = [".git/config", "a/__pycache__/m.pyc", "node_modules/m.js", ".venv/p", "b/venv/p", ".pytest_cache/x"];
  const hidden = [".env", ".env.local", ".DS_Store", ".gitignore", "a/.dockerignore"];
  const taken = [".python-version", "a/m.py", ".ssh/id_key", "main.py", "oken.toml"];
  const folder = await folderOf([...out, ...hidden, ...taken]);
  await symlink("main.py", join(folder, "link.py"));
  expect((await packed(folder)).sort()).toEqual([...taken].sort());
});

test("the packed files keep content and the right to execute", async () => {
  const folder = await folderOf(["run.sh", "empty"]);
  await chmod(join(folder, "run.sh"), 0o755);
  await writeFile(join(folder, "empty"), "");
  const into = await temporaryDirectory();
  await receiveArchive(packFolder(folder), into, LIMITS);
  expect(await census(into)).toEqual(await census(folder));
});

test("a path with two dots in a row is not packed", async () => {
  await expect(packed(await folderOf(["a..b.py"]))).rejects.toMatchObject({
    message: expect.stringContaining("two dots"),
  });
});

test("an empty folder makes an archive without members", async () => {
  expect(await packed(await temporaryDirectory())).toEqual([]);
});

test("a folder that is not there fails the stream", async () => {
  await expect(packed("/nowhere/at/all")).rejects.toThrow("ENOENT");
});
