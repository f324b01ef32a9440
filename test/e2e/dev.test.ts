import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Leasehold } from "./leasehold.ts";
import { isAlive } from "./processes.ts";
import { Terminal } from "./terminal.ts";

const CONFIG = `
import { commandExecutor } from "@leasehold/command-executor";
import { coordinator } from "@leasehold/coordinator";
import { embeddedCoordinator } from "@leasehold/embedded-coordinator";
import { defineConfig, defineProfile } from "leasehold";
import { word } from "./word.ts";

const profile = defineProfile({
  name: "local",
  directory: new URL(".", import.meta.url),
  executor: { type: "procedural" },
  agents: [
    { name: "say", command: "/bin/echo " + word },
    { name: "patient", command: ${JSON.stringify(join(import.meta.dirname, "../fixtures/commands/agents/patient"))} },
  ],
});

export default defineConfig({
  profilesDir: "profiles",
  plugins: [coordinator({ hostname: "elsewhere" }), commandExecutor(), profile, embeddedCoordinator()],
});
`;

const HANGING = `
export const word: string = "never";
process.stderr.write(process.pid + " hangs\\n");
await new Promise((resolve) => setTimeout(resolve, 60_000));
`;

let directory: string;
const open: (Leasehold | Terminal)[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "leasehold-dev-"));
  await symlink(join(import.meta.dirname, "../../node_modules"), join(directory, "node_modules"));
  await mkdir(join(directory, "profiles"));
  await write("word.ts", `export const word: string = "one";`);
  await write("runner.config.ts", CONFIG);
});

afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.dispose()));
  await rm(directory, { recursive: true });
});

describe("leasehold dev", () => {
  it("tells on a terminal how to send a run, and ends at Ctrl-C", async () => {
    const terminal = new Terminal(["dev", "--port", "0"], surroundings());
    open.push(terminal);
    await terminal.shown("leasehold submit");
    expect(terminal.screen).toMatch(/Agents:\r\n {2}say {6}Agent say\r\n {2}patient {2}Agent patient/);
    terminal.interrupt();
    expect(await terminal.exit()).toBe(0);
  });

  it("prints requests that work as they are pasted", async () => {
    const dev = await startDev();
    const [curl = "", submit = ""] = dev.stdout.split("\n").filter((line) => /^ {2}(curl|leasehold) /.test(line));
    const [, url = "", body = ""] = /curl -s (\S+) .* -d '(.*)'$/.exec(curl) ?? [];
    const headers = { "content-type": "application/json" };
    expect((await fetch(url, { method: "POST", headers, body })).status).toBe(201);
    const sent = leasehold(submit.trim().split(" ").slice(1));
    expect(await sent.exit(), sent.stderr).toBe(0);
    expect(JSON.parse(sent.stdout)).toMatchObject({ stdout: "one" });
  });

  it("keeps its state in a file only when told to", async () => {
    const first = await startDev("--data", "dev.sqlite");
    const run = leasehold(["submit", "--no-wait", "--coordinator-url", urlOf(first), "say"]);
    await run.exit();
    const [id] = run.stdout.split(" ");
    first.signal("SIGTERM");
    expect(await first.exit()).toBe(0);
    expect(await readFile(join(directory, "dev.sqlite"))).not.toHaveLength(0);
    const second = await startDev("--data", "dev.sqlite");
    const found = await fetch(`${urlOf(second)}/runs/${id}`);
    expect(found.status).toBe(200);
  });

  it("says what is missing without a coordinator plugin", async () => {
    await write("runner.config.ts", CONFIG.replace(`coordinator({ hostname: "elsewhere" }), `, ""));
    const dev = leasehold(["dev", "--port", "0"]);
    expect(await dev.exit()).toBe(1);
    expect(dev.stderr).toContain(`plugin "embedded-coordinator" depends on "coordinator", which is not configured`);
  });
});

describe("leasehold dev --watch", () => {
  it("takes a change of an imported file while the old runner ends its work", async () => {
    const dev = await startDev("--watch");
    const working = leasehold(["submit", "--coordinator-url", urlOf(dev), "patient"]);
    await working.said("running");
    await write("word.ts", `export const word: string = "two";`);
    await dev.said("Reloaded");
    expect(await say(dev)).toMatchObject({ stdout: "two" });
    await write("go", "");
    expect(await working.exit(), working.stderr).toBe(0);
    expect(working.stdout).toBe('{"done": 1.50}\n');
  });

  it("takes new profile files", async () => {
    const dev = await startDev("--watch");
    await write("profiles/more.json", JSON.stringify({ type: "procedural", command: "../word.ts" }));
    await dev.said("Reloaded");
  });

  it("reports a broken change, keeps the old runner, and takes the mended one", async () => {
    const dev = await startDev("--watch");
    await write("word.ts", "export const word = (;");
    await dev.said("the runner before goes on");
    expect(dev.stderr).toContain("could not be loaded");
    expect(await say(dev)).toMatchObject({ stdout: "one" });
    await write("word.ts", `export const word: string = "three";`);
    await dev.said("Reloaded");
    expect(await say(dev)).toMatchObject({ stdout: "three" });
  });

  it("takes the mended change after one that hangs while it loads", async () => {
    const dev = await startDev("--watch");
    await write("word.ts", HANGING);
    await dev.said("hangs");
    await write("word.ts", `export const word: string = "four";`);
    await dev.said("Reloaded");
    expect(await say(dev)).toMatchObject({ stdout: "four" });
  });

  it.each(["SIGINT", "SIGKILL"] as const)("leaves no configuration hanging after %s", async (signal) => {
    const dev = await startDev("--watch");
    await write("word.ts", HANGING);
    await dev.said("hangs");
    const pid = Number(/^(\d+) hangs$/m.exec(dev.stderr)?.[1]);
    dev.signal(signal);
    await dev.exit();
    await expect.poll(() => isAlive(pid)).toBe(false);
  });

  it("stops runs that can still be stopped after a reload", async () => {
    const dev = await startDev("--watch");
    const working = leasehold(["submit", "--coordinator-url", urlOf(dev), "patient"]);
    await working.said("running");
    await write("word.ts", `export const word: string = "two";`);
    await dev.said("Reloaded");
    working.signal("SIGINT");
    expect(await working.exit()).toBe(130);
  });

  it("ends with all its runners at SIGTERM", async () => {
    const dev = await startDev("--watch", "--drain-timeout", "0");
    const working = leasehold(["submit", "--no-wait", "--coordinator-url", urlOf(dev), "patient"]);
    await working.exit();
    dev.signal("SIGTERM");
    expect(await dev.exit(), dev.stderr).toBe(0);
    await expect(fetch(`${urlOf(dev)}/health`)).rejects.toThrow();
  });
});

async function startDev(...args: string[]): Promise<Leasehold> {
  const dev = leasehold(["dev", "--port", "0", ...args]);
  await dev.printed("leasehold submit");
  await dev.printed("\n");
  return dev;
}

/** Submits by a configuration of its own, for the one that is watched may be broken. */
async function say(dev: Leasehold): Promise<unknown> {
  const env = { LEASEHOLD_CONFIG: join(import.meta.dirname, "../fixtures/commands/runner.config.ts") };
  const sent = new Leasehold(["submit", "--coordinator-url", urlOf(dev), "say"], { cwd: directory, env });
  open.push(sent);
  if ((await sent.exit()) !== 0) throw new Error(sent.stderr);
  return JSON.parse(sent.stdout);
}

function urlOf(dev: Leasehold): string {
  return /^Coordinator: (\S+)$/m.exec(dev.stdout)?.[1] ?? "";
}

function leasehold(args: readonly string[]): Leasehold {
  const started = new Leasehold(args, surroundings());
  open.push(started);
  return started;
}

function surroundings() {
  return { cwd: directory, env: { LEASEHOLD_CONFIG: "runner.config.ts", LEASEHOLD_JOURNAL: "durable" } };
}

async function write(file: string, content: string): Promise<void> {
  await writeFile(join(directory, file), content);
}
