import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, watch, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { EmbeddedCoordinator } from "@leasehold/embedded-coordinator";
import { describe, expect, it } from "vitest";
import { temporaryDirectory } from "./archives.ts";
import { createAgent, resultOf, send, submit, together } from "./together.ts";

/** A script as the reference's samples are: a PEP 723 header, run by `uv`. */
async function createPep723(at: EmbeddedCoordinator): Promise<void> {
  const script_content = '#!/usr/bin/env -S uv run --script\n# /// script\n# dependencies = []\n# ///\nprint("{}")\n';
  const script = { name: "python", description: "Python", script_file: "main.py", script_content };
  expect((await send(at, "POST", "/scripts", script)).status).toBe(201);
  await createAgent(at, "agent", "python");
}

/** Two pipes, through which a script says that it runs and is told to go on. */
async function gates(directory: string) {
  const [started, go] = [join(directory, "started"), join(directory, "go")];
  await promisify(execFile)("mkfifo", [started, go]);
  return { started, go };
}

/** Resolves when a directory has no entry of this name any more. */
async function gone(directory: string, name: string): Promise<void> {
  const over = new AbortController();
  const changes = watch(directory, { signal: over.signal });
  const next = changes[Symbol.asyncIterator]();
  let change = next.next();
  while ((await readdir(directory)).includes(name)) {
    await change;
    change = next.next();
  }
  change.catch(() => {});
  over.abort();
}

describe("a script of the coordinator", () => {
  it("is synced, run, updated under a run and deleted", async () => {
    const { at, scripts, projectDir } = await together();
    const script = {
      name: "disk_report",
      description: "Free space",
      script_file: "report.sh",
      script_content: '#!/bin/sh\necho "$0 $* in $(pwd)"\n',
      demands: { tags: ["posix"] },
    };
    expect((await send(at, "POST", "/scripts", script)).status).toBe(201);
    await createAgent(at, "disk", "disk_report");
    const first = await submit(at, "disk", { path: "/srv" });
    expect((await resultOf(at, first)).result.stdout).toBe(
      `${scripts}/disk_report/report.sh --path /srv in ${projectDir}`,
    );

    const { started, go } = await gates(projectDir);
    const slow = `#!/bin/sh\necho > "${started}"; read go < "${go}"; cat "$(dirname "$0")/script.json"\n`;
    await send(at, "PATCH", "/scripts/disk_report", { description: "the old one", script_content: slow });
    const old = await submit(at, "disk");
    await readFile(started);
    await send(at, "PATCH", "/scripts/disk_report", {
      description: "the new one",
      script_content: '#!/bin/sh\ncat "$(dirname "$0")/script.json"\n',
    });
    const next = await submit(at, "disk");
    expect((await resultOf(at, next)).result.description).toBe("the new one");
    await writeFile(go, "\n");
    expect((await resultOf(at, old)).result.description).toBe("the old one");

    await send(at, "DELETE", "/agents/disk");
    expect((await send(at, "DELETE", "/scripts/disk_report")).status).toBe(204);
    await gone(scripts, "disk_report");
    expect(await readdir(join(scripts, ".leasehold", "incoming"))).toEqual([]);
  });

  it("is there for runs that come with it", async () => {
    const { at } = await together();
    const content = '#!/bin/sh\necho "[\\"$1\\"]"\n';
    await send(at, "POST", "/scripts", { name: "a", description: "a", script_file: "a.sh", script_content: content });
    await createAgent(at, "agent", "a");
    const runs = await Promise.all([1, 2, 3, 4].map((number) => submit(at, "agent", { number })));
    for (const run of runs) expect((await resultOf(at, run)).end).toBe("completed");
  });

  it("is there for runs with a directory of their own, whatever PROJECT_DIR says (AOF-D34)", async () => {
    const { at, scripts, projectDir } = await together();
    expect(process.env).not.toHaveProperty("PROJECT_DIR");
    await mkdir(join(projectDir, "own"));
    const content = '#!/bin/sh\necho "$0 in $(pwd) of $PROJECT_DIR"\n';
    await send(at, "POST", "/scripts", { name: "a", description: "a", script_file: "a", script_content: content });
    await createAgent(at, "agent", "a");
    const run = await submit(at, "agent", {}, { project_dir: join(projectDir, "own") });
    expect((await resultOf(at, run)).result.stdout).toBe(`${scripts}/a/a in ${projectDir}/own of ${projectDir}`);
  });

  it("whose download fails three times is waited for", async () => {
    const { at, refusals } = await together();
    refusals.set("/scripts/a/download", { status: 503, detail: "busy", times: 3 });
    await send(at, "POST", "/scripts", {
      name: "a",
      description: "a",
      script_file: "a",
      script_content: "#!/bin/sh\n",
    });
    await createAgent(at, "agent", "a");
    expect((await resultOf(at, await submit(at, "agent"))).end).toBe("completed");
    const downloads = at.record.filter(({ path }) => path === "/scripts/a/download").map(({ status }) => status);
    expect(downloads.slice(0, 4)).toEqual([503, 503, 503, 200]);
  });

  it("that does not arrive in time fails the run with the last failure", async () => {
    const { at, refusals } = await together({ readyTimeoutSeconds: 3 });
    refusals.set("/scripts/a/download", { status: 503, detail: "busy" });
    await send(at, "POST", "/scripts", {
      name: "a",
      description: "a",
      script_file: "a",
      script_content: "#!/bin/sh\n",
    });
    await createAgent(at, "agent", "a");
    const { end, error } = await resultOf(at, await submit(at, "agent"));
    expect(end).toBe("failed");
    expect(error).toMatch(
      /^Error: Script 'a' could not be brought in step .* within 3 s\nLast failure: GET .* answered 503: busy$/,
    );
  });

  it("is gone when the coordinator has lost it while the runner was away", async () => {
    const projectDir = await temporaryDirectory();
    const first = await together({ projectDir });
    const script = { name: "a", description: "a", script_file: "a", script_content: "#!/bin/sh\n" };
    await send(first.at, "POST", "/scripts", script);
    await createAgent(first.at, "agent", "a");
    await resultOf(first.at, await submit(first.at, "agent"));
    await first.end();
    expect(await readdir(first.scripts)).toContain("a");
    await together({ projectDir });
    await gone(first.scripts, "a");
  });

  it("that is missing fails the run in the protocol's words, after started and bind", async () => {
    const { at, scripts, refusals } = await together();
    refusals.set("/scripts/gone/download", { status: 404, detail: "Script not found: gone" });
    const script = { name: "gone", description: "a", script_file: "a.sh", script_content: "#!/bin/sh\n" };
    await send(at, "POST", "/scripts", script);
    await createAgent(at, "agent", "gone");
    const run = await submit(at, "agent");
    const { end, error, result } = await resultOf(at, run);
    expect([end, result]).toEqual(["failed", undefined]);
    expect(error).toBe(`Error: Script 'gone' not found in local scripts directory\nExpected location: ${scripts}/gone`);
  });

  it("runs through the interpreter that its first line asks for", async () => {
    const bin = await temporaryDirectory();
    await writeFile(join(bin, "uv"), '#!/bin/sh\necho "{\\"uv\\": \\"$*\\"}"\n', { mode: 0o755 });
    const { at, scripts } = await together({ environment: { set: { PATH: `${bin}:/usr/bin:/bin` } } });
    await createPep723(at);
    const { result } = await resultOf(at, await submit(at, "agent", { n: 1 }));
    expect(result).toEqual({ uv: `run --script ${scripts}/python/main.py --n 1` });
  });

  it("whose interpreter is missing fails with its name and a tag", async () => {
    const bin = await temporaryDirectory();
    const { at } = await together({ environment: { set: { PATH: bin } } });
    await createPep723(at);
    const { end, error } = await resultOf(at, await submit(at, "agent"));
    expect(end).toBe("failed");
    expect(error).toMatch(/Script 'python' needs the interpreter 'uv'.*#!\/usr\/bin\/env -S uv run --script/);
    expect(error).toContain("demand the tag 'uv' in script.json");
  });

  it("that somebody put there by hand is run, and never deleted", async () => {
    const { at, scripts } = await together();
    await mkdir(join(scripts, "own"), { recursive: true });
    const manifest = { name: "own", description: "by hand", script_file: "own.sh" };
    await writeFile(join(scripts, "own", "script.json"), JSON.stringify(manifest));
    await writeFile(join(scripts, "own", "own.sh"), '#!/bin/sh\necho "\\"$0\\""\n', { mode: 0o755 });
    const script = { name: "own", description: "of the coordinator", script_file: "o", script_content: "#!/bin/sh\n" };
    await send(at, "POST", "/scripts", script);
    await createAgent(at, "agent", "own");
    expect((await resultOf(at, await submit(at, "agent"))).end).toBe("completed");
    const [aside = ""] = await readdir(join(scripts, ".leasehold", "set-aside"));
    expect(await readdir(join(scripts, ".leasehold", "set-aside", aside, "own"))).toEqual(["own.sh", "script.json"]);
  });
});
