import { startEmbeddedCoordinator } from "@leasehold/embedded-coordinator";
import { describe, expect, it, onTestFinished } from "vitest";
import { scriptsInStep } from "../../../../plugins/coordinator/src/checks/scripts-in-step.ts";
import { checkContext } from "./check-context.ts";

const OURS = {
  hostname: "build-07",
  project_dir: "/srv/jobs",
  executor_profile: "one",
  executor: { type: "procedural", command: "exec" },
};

describe("the check of the scripts", () => {
  it("finds them in step", async () => {
    const { url } = await withScript(OURS);
    expect(await check(url, ["disk_report"])).toEqual({ ok: true, detail: "disk_report" });
  });

  it("names what a running runner lacks and what it kept", async () => {
    const { url } = await withScript(OURS);
    expect(await check(url, ["old_report"])).toEqual({
      ok: false,
      problem: '"disk_report" is not installed, "old_report" is not listed by the coordinator',
      fix: expect.stringContaining("log of the running runner"),
    });
  });

  it("leaves to the next start what no runner has brought yet", async () => {
    const { url } = await withScript();
    expect(await check(url, [])).toEqual({
      ok: true,
      detail: '"disk_report" is not installed; the next start brings them into step',
    });
  });

  it("has nothing to say where nobody keeps scripts or answers", async () => {
    const { url, coordinator } = await withScript(OURS);
    expect(await check(url)).toEqual([]);
    await coordinator.close();
    expect(await check(url, ["disk_report"])).toEqual([]);
  });
});

async function check(url: string, installed?: readonly string[]) {
  return scriptsInStep.run(await checkContext({ url, ...(installed ? { installed } : {}) }));
}

async function withScript(runner?: object) {
  const coordinator = await startEmbeddedCoordinator({ port: 0 });
  onTestFinished(() => coordinator.close());
  const script = { name: "disk_report", description: "Free space", script_file: "r.sh", script_content: "#!/bin/sh\n" };
  await post(`${coordinator.url}/scripts`, script);
  if (runner) await post(`${coordinator.url}/runner/register`, runner);
  return { url: coordinator.url, coordinator };
}

async function post(url: string, body: object): Promise<void> {
  const headers = { "content-type": "application/json" };
  const { ok } = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  expect(ok).toBe(true);
}
