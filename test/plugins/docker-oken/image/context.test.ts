import { createHash } from "node:crypto";
import { chmod, mkdir, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { listFiles } from "../../../../plugins/docker-oken/src/image/agent-files.ts";
import { contentHashOf, streamContext } from "../../../../plugins/docker-oken/src/image/context.ts";
import { agentFolder } from "./agent-folder.ts";

const FILES = { "main.py": "x = 1\n", "lib/a.py": "", "requirements.txt": "six\n", Dockerfile: "FROM evil\n" };

describe("a build context", () => {
  it("holds the same bytes for the same content, whatever its times and rights", async () => {
    await using one = await agentFolder(FILES);
    await using other = await agentFolder(Object.fromEntries(Object.entries(FILES).reverse()));
    await utimes(join(other.folder, "main.py"), 1, 1);
    await chmod(join(other.folder, "main.py"), 0o600);
    expect(await digestOf(one.folder)).toEqual(await digestOf(other.folder));
  });

  it.each([
    ["a file's content", (folder: string) => writeFile(join(folder, "main.py"), "x = 2\n")],
    ["a file's right to be executed", (folder: string) => chmod(join(folder, "main.py"), 0o755)],
    ["an empty folder", (folder: string) => mkdir(join(folder, "empty"))],
    ["a link", (folder: string) => symlink("main.py", join(folder, "link"))],
  ])("has another hash for %s", async (_, change) => {
    await using agent = await agentFolder(FILES);
    const before = await digestOf(agent.folder);
    await change(agent.folder);
    const after = await digestOf(agent.folder);
    expect(after.hash).not.toBe(before.hash);
    expect(after.bytes).not.toBe(before.bytes);
  });

  it("has another hash on another base, by another Dockerfile and in another runner", async () => {
    await using agent = await agentFolder(FILES);
    const context = await contextOf(agent.folder);
    const hashes = [
      contentHashOf(context, "sha256:a", "one"),
      contentHashOf(context, "sha256:b", "one"),
      contentHashOf(context, "sha256:a", "two"),
      contentHashOf({ ...context, dockerfile: "FROM b\n" }, "sha256:a", "one"),
      contentHashOf({ ...context, wrapper: Buffer.from("w") }, "sha256:a", "one"),
    ];
    expect(new Set(hashes).size).toBe(5);
  });

  it("fails when a file vanishes under it", async () => {
    await using agent = await agentFolder(FILES);
    const context = await contextOf(agent.folder);
    const broken = { ...context, folder: join(agent.folder, "elsewhere") };
    await expect(streamContext(broken).toArray()).rejects.toThrow("ENOENT");
  });
});

async function digestOf(folder: string) {
  const context = await contextOf(folder);
  const hash = createHash("sha256");
  for await (const chunk of streamContext(context)) hash.update(chunk);
  return { hash: contentHashOf(context, "sha256:base", "one"), bytes: hash.digest("hex") };
}

async function contextOf(folder: string) {
  return { folder, files: await listFiles(folder), dependencyFiles: ["requirements.txt"], dockerfile: "FROM a\n" };
}
