import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Agent, createRunner, defineProfile } from "leasehold";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { commands } from "../../../../plugins/command-executor/src/checks/commands.ts";
import { taggingCheck } from "../../../../plugins/command-executor/src/checks/tagging.ts";

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "leasehold-commands-"));
});

afterEach(() => rm(directory, { recursive: true }));

describe("the check of the commands", () => {
  it("likes programs and scripts that can be started", async () => {
    await program("good", "#!/bin/sh\n", 0o755);
    expect(await checked({ name: "a", command: "good --flag" }, { name: "b", command: "/bin/echo" })).toEqual({
      ok: true,
      detail: "a, b",
    });
  });

  it.each([
    ["is not there", "missing", "No such file or directory", "relative ones start at the profile's directory"],
    ["is not executable", "plain", "Permission denied", "chmod +x"],
    ["has no interpreter line", "headless", "Exec format error", "begins with #!"],
    ["has an interpreter that is not there", "orphan", "No such file or directory", "with its interpreter"],
    ["cannot be split into words", "'open", "cannot be split", "Mend the agent's command"],
  ])("tells of a command that %s", async (_what, command, problem, fix) => {
    await program("plain", "#!/bin/sh\n", 0o644);
    await program("headless", "echo hello\n", 0o755);
    await program("orphan", "#!/nowhere/python\n", 0o755);
    expect(await checked({ name: "a", command }, { name: "b", command: "/bin/echo" })).toEqual([
      {
        ok: false,
        problem: expect.stringMatching(new RegExp(`^agent "a" cannot be started: .*${problem}`)),
        fix: expect.stringContaining(fix),
      },
    ]);
  });

  it("leaves scripts, and runners that were not set up, alone", async () => {
    expect(await checked({ name: "a", command: "missing", script: "s" })).toEqual([]);
    expect(await commands.run(context(undefined))).toEqual([]);
  });
});

describe("the check of process tags", () => {
  it("finds a working prlimit", async () => {
    expect(await taggingCheck().run(context(undefined))).toMatchObject({ ok: true });
  });

  it("tells what is missing without one", async () => {
    const check = taggingCheck(async () => undefined);
    expect(await check.run(context(undefined))).toMatchObject({
      ok: false,
      fix: expect.stringContaining("util-linux"),
    });
  });
});

async function program(name: string, text: string, mode: number): Promise<void> {
  await writeFile(join(directory, name), text);
  await chmod(join(directory, name), mode);
}

async function checked(...agents: Agent[]) {
  const profile = defineProfile({ name: "one", directory, executor: { type: "procedural" }, agents });
  const runner = await createRunner({ plugins: [profile] });
  onTestFinished(() => runner.close());
  return commands.run(context(runner));
}

function context(runner: Awaited<ReturnType<typeof createRunner>> | undefined) {
  return { runner } as Parameters<typeof commands.run>[0];
}
