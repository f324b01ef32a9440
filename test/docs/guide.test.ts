import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { readProfilesDir } from "../../core/src/profiles/profile-files.ts";
import { commandExecutor } from "../../plugins/command-executor/src/index.ts";
import { coordinator } from "../../plugins/coordinator/src/index.ts";
import { scriptExecutor } from "../../plugins/script-executor/src/index.ts";

const root = join(import.meta.dirname, "../..");

describe("the guide", () => {
  it("shows a profile and an agent that can be read", async () => {
    const [profile = "", agent = ""] = [...(await read("docs/guide.md")).matchAll(/```json\n(.*?)```/gs)].map(
      ([, json = ""]) => json,
    );
    const directory = await mkdtemp(join(tmpdir(), "leasehold-guide-"));
    onTestFinished(() => rm(directory, { recursive: true }));
    for (const folder of ["profiles", "agents", "bin"]) await mkdir(join(directory, folder));
    await writeFile(join(directory, "profiles/reports.json"), profile);
    await writeFile(join(directory, "agents/monthly.json"), agent);
    await writeFile(join(directory, "bin/reports"), "#!/bin/sh\n");
    await chmod(join(directory, "bin/reports"), 0o755);
    const { profiles, broken } = await readProfilesDir(join(directory, "profiles"));
    expect(broken).toEqual([]);
    expect(profiles).toMatchObject([
      { name: "reports", directory: join(directory, "bin"), agents: [{ name: "monthly", timeoutSeconds: 60 }] },
    ]);
    expect(profiles[0]?.readFrom).toEqual([join(directory, "profiles/reports.json"), join(directory, "agents")]);
  });

  it("names every check of doctor that plugins contribute", async () => {
    const guide = await read("docs/guide.md");
    const plugins = [coordinator(), commandExecutor(), scriptExecutor()];
    const named = plugins.flatMap(({ definition: { name, checks = [] } }) =>
      checks.map((check) => `| ${name}: ${check.name} `),
    );
    expect(named).toHaveLength(9);
    for (const name of named) expect(guide).toContain(name);
  });
});

function read(file: string): Promise<string> {
  return readFile(join(root, file), "utf8");
}
