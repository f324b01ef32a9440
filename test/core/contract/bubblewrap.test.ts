import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { type LaunchedProcess, ProcessLauncher, type ProcessSpec, succeeded, textResult } from "leasehold";
import { expect, it } from "vitest";
import { bubblewrap } from "../../fixtures/contract/bubblewrap.ts";
import { executor } from "../../fixtures/kinds.ts";
import { boot, leased, plugin } from "../../fixtures/runner.ts";

/** The least launcher there can be: a real process, nothing owned. */
async function launch({ file, args, cwd, env }: ProcessSpec): Promise<LaunchedProcess> {
  const running = promisify(execFile)(file, args, { cwd, env });
  const captured = (text: string) => ({ text, droppedBytes: 0 });
  const exit = running.then(({ stdout, stderr }) => ({
    code: 0,
    signal: null,
    stdout: captured(stdout),
    stderr: captured(stderr),
  }));
  return {
    pid: running.child.pid ?? 0,
    exit,
    write: async () => undefined,
    closeInput: () => undefined,
    end: async () => ({ signals: [], survivors: 0, ms: 0 }),
  };
}

it("a sandbox wraps the launcher of another plugin", async () => {
  const launcher = plugin("launcher", ({ services }) =>
    services.provide(ProcessLauncher, { useValue: { launch: (_owner, spec) => launch(spec) } }),
  );
  const prints = executor(async (run) => {
    const spec = {
      file: "/usr/bin/printenv",
      args: ["SANDBOX"],
      cwd: run.projectDir,
      env: {},
      outputBytes: 99,
      graceSeconds: 0,
    };
    const launched = await run.services.get(ProcessLauncher).launch(run, spec);
    const { stdout } = await launched.exit;
    return succeeded(textResult(stdout.text));
  });
  const { runner } = await boot([
    bubblewrap({ program: "/usr/bin/env", flags: ["-i", "SANDBOX=yes"] }),
    launcher,
    prints,
  ]);
  expect((await runner.execute(leased())).result?.text).toBe("yes\n");
});
