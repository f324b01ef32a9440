import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { commandExecutor } from "@leasehold/command-executor";
import {
  type Agent,
  createRunner,
  decline,
  definePlugin,
  defineProfile,
  type Plugin,
  type Run,
  type Tappable,
} from "leasehold";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { commands } from "../../../../plugins/command-executor/src/checks/commands.ts";
import { taggingCheck } from "../../../../plugins/command-executor/src/checks/tagging.ts";

/** The hook for kinds that these tests do not declare. */
interface OpenHooks {
  readonly resolveEntrypoint: Tappable<(run: Run) => object>;
}

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

  it("leaves agents alone that another plugin takes", async () => {
    const queries = definePlugin({
      name: "queries",
      apiVersion: 1,
      setup: ({ hooks }) =>
        (hooks as OpenHooks).resolveEntrypoint.tap(
          ({ agent }) => (agent.command?.endsWith(".sql") ? { kind: "query" } : decline("no query")),
          { order: "first" },
        ),
    });
    const wants = definePlugin({
      name: "wants",
      apiVersion: 1,
      setup: ({ hooks }) =>
        hooks.resolveEntrypoint.tap(
          ({ agent, parameters }) => {
            if (agent.command === "wants" && !parameters["a"]) throw new Error("it needs a");
            return decline("not mine");
          },
          { order: "first" },
        ),
    });
    const agents = [
      { name: "a", command: "all.sql" },
      { name: "b", command: "/bin/echo" },
      { name: "c", command: "wants" },
    ];
    const plugins = [commandExecutor(), queries(), wants()];
    expect(await checkedBeside(plugins, ...agents)).toEqual({ ok: true, detail: "b" });
    expect(await checkedBeside(plugins, { name: "a", command: "all.sql" })).toEqual([]);
    expect(await checkedBeside([commandExecutor()], ...agents)).toMatchObject([{ ok: false }, { ok: false }]);
  });

  it("looks at the program that another plugin makes of a command", async () => {
    const python = definePlugin({
      name: "python",
      apiVersion: 1,
      setup: ({ hooks }) =>
        (hooks as OpenHooks).resolveEntrypoint.tap(
          ({ agent }) => ({ kind: "command", file: `/bin/${agent.name}`, args: [agent.command] }),
          { order: "first" },
        ),
    });
    const [good, bad] = [
      { name: "sh", command: "hello.sh" },
      { name: "nothing", command: "hello.py" },
    ];
    expect(await checkedBeside([python()], good)).toEqual({ ok: true, detail: "sh" });
    expect(await checkedBeside([python()], bad)).toMatchObject([{ problem: expect.stringContaining("/bin/nothing") }]);
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

const checked = (...agents: Agent[]) => checkedBeside([], ...agents);

async function checkedBeside(plugins: readonly Plugin[], ...agents: Agent[]) {
  const profile = defineProfile({ name: "one", directory, executor: { type: "procedural" }, agents });
  const runner = await createRunner({ plugins: [...plugins, profile] }, { env: {} });
  onTestFinished(() => runner.close());
  return commands.run(context(runner));
}

function context(runner: Awaited<ReturnType<typeof createRunner>> | undefined) {
  return { runner } as Parameters<typeof commands.run>[0];
}
