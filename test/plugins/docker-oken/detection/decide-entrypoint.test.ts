import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AgentConfig } from "../../../../plugins/docker-oken/src/config/agent-config.ts";
import { decideEntrypoint } from "../../../../plugins/docker-oken/src/detection/decide-entrypoint.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "oken-detect-"));
});
afterEach(() => rm(folder, { recursive: true }));

describe("decideEntrypoint", () => {
  it("looks through the file", async () => {
    await writeFile(join(folder, "main.py"), "class Agent:\n    def run(self, input): return {}\n");
    expect(await decideEntrypoint(folder, config())).toBe("agent");
  });

  it("takes a stated type without looking", async () => {
    await writeFile(join(folder, "main.py"), "class Agent:\n    def run(self, input): return {}\n");
    expect(await decideEntrypoint(folder, config({ entrypointType: "http" }))).toBe("http");
  });

  it("follows a link inside the folder", async () => {
    await mkdir(join(folder, "src"));
    await writeFile(join(folder, "src/app.py"), "app = FastAPI()");
    await symlink("src/app.py", join(folder, "main.py"));
    expect(await decideEntrypoint(folder, config())).toBe("http");
  });

  it.each([
    ["a missing file (T78)", async () => {}, "Entrypoint file not found: main.py"],
    ["a directory (OKEN-D8)", () => mkdir(join(folder, "main.py")), "main.py is no regular file"],
    ["a link outside (OKEN-D24)", () => symlink("/etc/passwd", join(folder, "main.py")), "leads out of the archive"],
    ["bytes that are not UTF-8 (OKEN-D8)", () => main(Buffer.from([0x23, 0xff])), "main.py is not UTF-8"],
    ["a file beyond the cap", () => main(Buffer.alloc(2 * 1024 * 1024 + 1, 0x20)), "state entrypoint_type"],
  ])("refuses %s", async (_, prepare, reason) => {
    await prepare();
    await expect(decideEntrypoint(folder, config())).rejects.toThrow(reason);
    await expect(decideEntrypoint(folder, config())).rejects.toMatchObject({ code: "CONFIG_ERROR", status: 400 });
  });
});

function main(content: Buffer): Promise<void> {
  return writeFile(join(folder, "main.py"), content);
}

function config(more: Partial<AgentConfig> = {}): AgentConfig {
  return {
    name: "a",
    pythonVersion: "3.12",
    pythonVersionStated: false,
    entrypoint: "main.py",
    pinned: false,
    limits: {},
    ...more,
  };
}
