import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EmbeddedCoordinator, startEmbeddedCoordinator } from "@leasehold/embedded-coordinator";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Leasehold } from "./leasehold.ts";
import { Terminal } from "./terminal.ts";

let directory: string;
let coordinator: EmbeddedCoordinator;
const open: (Leasehold | Terminal)[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "leasehold-commands-"));
  await symlink(join(import.meta.dirname, "../../node_modules"), join(directory, "node_modules"));
  coordinator = await startEmbeddedCoordinator({ port: 0, pollTimeoutSeconds: 2 });
});

afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.dispose()));
  await coordinator.close();
  await rm(directory, { recursive: true });
});

const SHOWN: readonly [command: string, args: readonly string[], text: string, code: number][] = [
  ["run", ["run", "echo", "--message", "hello"], "--message hello", 0],
  ["config", ["config"], "coordinator.url", 0],
  ["plugins", ["plugins"], "embedded-coordinator", 0],
  ["profiles", ["profiles"], "* several", 0],
  ["doctor", ["doctor"], "clocks agree", 0],
];

describe.each(SHOWN)("leasehold %s", (_command, args, text, code) => {
  it("answers on a terminal", async () => {
    const terminal = onTerminal(args);
    expect(await terminal.exit(), terminal.screen).toBe(code);
    expect(terminal.screen).toContain(text);
  });

  it("answers through a pipe, without colours", async () => {
    const piped = throughPipe(args);
    expect(await piped.exit(), piped.stderr).toBe(code);
    expect(piped.stdout).toContain(text);
    expect(piped.stdout).not.toContain("\u001b");
  });
});

describe("leasehold start", () => {
  it("logs readable lines on a terminal and ends at Ctrl-C", async () => {
    const terminal = onTerminal(["start"]);
    await terminal.shown("registered at");
    expect(terminal.screen).not.toContain('"level"');
    terminal.interrupt();
    expect(await terminal.exit()).toBe(0);
  });

  it("logs JSON lines through a pipe and ends at SIGTERM", async () => {
    const piped = throughPipe(["start"]);
    await piped.said("registered at");
    piped.signal("SIGTERM");
    expect(await piped.exit()).toBe(0);
    for (const line of piped.stderr.trim().split("\n")) expect(JSON.parse(line)).toHaveProperty("msg");
  });
});

describe("leasehold coordinator", () => {
  it("serves on a terminal until Ctrl-C", async () => {
    const terminal = onTerminal(["coordinator", "--port", "0"]);
    await terminal.shown("listening on http://127.0.0.1:");
    terminal.interrupt();
    expect(await terminal.exit()).toBe(0);
  });

  it("serves through a pipe until SIGTERM", async () => {
    const piped = throughPipe(["coordinator", "--port", "0"]);
    await piped.printed("listening on http://127.0.0.1:");
    piped.signal("SIGTERM");
    expect(await piped.exit()).toBe(0);
  });
});

describe("leasehold submit", () => {
  it("redraws a status line on a terminal, with events above it", async () => {
    await startRunner();
    const terminal = onTerminal(["submit", "patient"], { columns: 9 });
    const { session_id } = await created();
    await terminal.shown("\r\u001b[2Krunning ");
    await post(`/sessions/${session_id}/events`, {
      event_type: "message",
      session_id,
      timestamp: "2026-03-04T05:06:07.089123+00:00",
      role: "assistant",
      content: [{ type: "text", text: "half way\u001b[31m there\u0007" }],
    });
    await terminal.shown("\r\u001b[2Kassistant: half way there\uFFFD\r\n");
    await writeFile(join(directory, "go"), "");
    expect(await terminal.exit()).toBe(0);
    expect(terminal.screen).toMatch(/run run_\w+, session ses_\w+\r\n/);
    expect(terminal.screen).toContain('{"done": 1.50}');
    const drawn = terminal.screen.split("\r\u001b[2K").map((part) => part.split("\r\n", 1)[0] ?? "");
    expect(drawn.filter((part) => /^(pending|claimed|running)/.test(part)).every((part) => part.length <= 8)).toBe(
      true,
    );
  });

  it("stops the run at Ctrl-C and waits for its end", async () => {
    await startRunner();
    const terminal = onTerminal(["submit", "patient"]);
    const { run_id } = await created();
    await coordinator.recorded(({ path }) => path === `/runner/runs/${run_id}/started`);
    terminal.interrupt();
    expect(await terminal.exit()).toBe(130);
    expect(terminal.screen).toContain("stopping the run");
    expect(await get(`/runs/${run_id}`)).toMatchObject({ status: "stopped" });
  });

  it("gives up waiting at the second Ctrl-C", async () => {
    const runner = await startRunner();
    const terminal = onTerminal(["submit", "patient"]);
    const { run_id } = await created();
    await coordinator.recorded(({ path }) => path === `/runner/runs/${run_id}/started`);
    runner.signal("SIGSTOP");
    terminal.interrupt();
    await terminal.shown("stopping the run");
    terminal.interrupt();
    expect(await terminal.exit()).toBe(130);
    expect(terminal.screen).toContain("Gave up waiting");
  });

  it("prints plain lines and the result alone on standard output", async () => {
    await startRunner();
    await writeFile(join(directory, "go"), "");
    const piped = throughPipe(["submit", "patient"]);
    expect(await piped.exit(), piped.stderr).toBe(0);
    expect(piped.stdout).toBe('{"done": 1.50}\n');
    expect(piped.stderr).toMatch(/^run run_\w+, session ses_\w+\n(pending\n)?(claimed\n)?(running\n)?completed\n$/);
  });

  it("ends with the run's own exit code and tells its error", async () => {
    await startRunner();
    const piped = throughPipe(["submit", "failing"]);
    expect(await piped.exit()).toBe(3);
    expect(JSON.parse(piped.stdout)).toEqual({ return_code: 3, stdout: "", stderr: "broken" });
    expect(piped.stderr).toMatch(/failed\nbroken\n$/);
  });

  it("prints one JSON document and nothing else", async () => {
    await startRunner();
    await writeFile(join(directory, "go"), "");
    const piped = throughPipe(["submit", "--json", "patient"]);
    expect(await piped.exit()).toBe(0);
    expect(piped.stdout).toMatch(
      /^\{"run_id":"run_\w+","session_id":"ses_\w+","status":"completed","result":\{"done": 1\.50\},"error":null\}\n$/,
    );
    expect(piped.stderr).toBe("");
  });

  it("prints the ids and leaves the run alone", async () => {
    await startRunner();
    const piped = throughPipe(["submit", "--no-wait", "--in", directory, "patient"]);
    expect(await piped.exit()).toBe(0);
    const { run_id, session_id } = await created();
    expect(piped.stdout).toBe(`${run_id} ${session_id}\n`);
    expect(await get(`/runs/${run_id}`)).toMatchObject({ project_dir: directory });
  });

  it("describes an agent of the coordinator", async () => {
    await startRunner();
    const piped = throughPipe(["submit", "echo", "--help"]);
    expect(await piped.exit()).toBe(0);
    expect(piped.stdout).toContain("Usage: leasehold submit echo");
    expect(piped.stdout).toMatch(/--message <string> +\(required\)/);
  });
});

describe("every command", () => {
  it.each([
    ["an agent", ["submit", "ecco"], `did you mean "echo"`],
    ["a parameter", ["submit", "echo", "--mesage", "hello"], `did you mean "--message"`],
    ["a flag", ["submit", "--jsn", "echo"], "Did you mean --json?"],
    ["a flag of dev", ["dev", "--wacth"], "Did you mean --watch?"],
    ["a flag of doctor", ["doctor", "--jsn"], "Did you mean --json?"],
    ["a flag of init", ["init", "--froce"], "Did you mean --force?"],
    ["a command", ["submti"], "Did you mean submit?"],
  ])("suggests what is nearest to %s", async (_what, args, suggestion) => {
    if (args[0] === "submit" && args.length !== 3) await startRunner();
    const piped = throughPipe(args);
    expect(await piped.exit()).toBe(2);
    expect(piped.stderr).toContain(suggestion);
  });

  it("gives examples in the help of every command", async () => {
    const commands = [
      "start",
      "run",
      "config",
      "plugins",
      "profiles",
      "doctor",
      "init",
      "submit",
      "dev",
      "coordinator",
    ];
    const root = throughPipe(["--help"]);
    expect(await root.exit()).toBe(0);
    for (const command of commands) {
      expect(root.stdout).toContain(`\n  leasehold ${command}`);
      const help = throughPipe([command, "--help"]);
      expect(await help.exit()).toBe(0);
      expect(help.stdout).toContain(`Examples:\n  leasehold ${command}`);
    }
  });
});

describe("leasehold init", () => {
  it("asks three questions on a terminal", async () => {
    const terminal = new Terminal(["init"], { cwd: directory });
    open.push(terminal);
    await terminal.shown("Where does the coordinator listen?");
    terminal.type("ftp://nowhere\r");
    await terminal.shown("It must be an http or https URL.");
    terminal.type(`${coordinator.url}\r`);
    await terminal.shown("Which profile");
    terminal.type("mine\r");
    await terminal.shown("How many runs at once?");
    terminal.type("3\r");
    expect(await terminal.exit()).toBe(0);
    const written = await readFile(join(directory, "runner.config.ts"), "utf8");
    expect(written).toContain(`url: "${coordinator.url}"`);
    expect(written).toContain("concurrency: 3");
    const run = new Leasehold(["run", "hello", "--name", "Ada"], ownConfig());
    open.push(run);
    expect(await run.exit(), run.stderr).toBe(0);
    expect(run.stdout).toContain("hello --name Ada");
  });

  it("writes nothing when the questions are broken off", async () => {
    const terminal = new Terminal(["init"], { cwd: directory });
    open.push(terminal);
    await terminal.shown("Where does the coordinator listen?");
    terminal.interrupt();
    expect(await terminal.exit()).toBe(130);
    await expect(readFile(join(directory, "runner.config.ts"))).rejects.toThrow("ENOENT");
  });

  it("asks nothing through a pipe, and doctor likes what it wrote", async () => {
    const piped = new Leasehold(["init"], ownConfig());
    open.push(piped);
    expect(await piped.exit()).toBe(0);
    const doctor = new Leasehold(["doctor", "--json", "--coordinator-url", coordinator.url], ownConfig());
    open.push(doctor);
    await doctor.exit();
    expect(JSON.parse(doctor.stdout)).toMatchObject({ ok: true });
  });

  it("overwrites nothing without being forced to", async () => {
    await writeFile(join(directory, "runner.config.ts"), "// mine\n");
    const refused = new Leasehold(["init", "--yes"], ownConfig());
    const forced = () => new Leasehold(["init", "--force"], ownConfig());
    open.push(refused);
    expect(await refused.exit()).toBe(1);
    expect(refused.stderr).toContain("is there already");
    expect(await readFile(join(directory, "runner.config.ts"), "utf8")).toBe("// mine\n");
    expect(await forced().exit()).toBe(0);
    expect(await readFile(join(directory, "runner.config.ts"), "utf8")).toContain("defineConfig");
  });
});

/** A runner that the coordinator knows. */
async function startRunner(): Promise<Leasehold> {
  const runner = throughPipe(["start"]);
  await runner.said("registered at");
  return runner;
}

/** The run that the next request creates, or has created. */
async function created(): Promise<{ run_id: string; session_id: string }> {
  await coordinator.recorded(({ path, status }) => path === "/runs" && status === 201);
  const { runs } = (await get("/runs")) as { runs: { run_id: string; session_id: string }[] };
  return runs[0]!;
}

async function get(path: string): Promise<unknown> {
  return (await fetch(coordinator.url + path)).json();
}

async function post(path: string, body: unknown): Promise<void> {
  const headers = { "content-type": "application/json" };
  const { ok, status } = await fetch(coordinator.url + path, { method: "POST", headers, body: JSON.stringify(body) });
  if (!ok) throw new Error(`${path} answered ${status}`);
}

function ownConfig() {
  return { cwd: directory, env: { LEASEHOLD_CONFIG: "runner.config.ts" } };
}

/** Variables under which every command finds the test's coordinator and directory. */
function environment(): Record<string, string> {
  return {
    AGENT_ORCHESTRATOR_API_URL: coordinator.url,
    PROJECT_DIR: directory,
    LEASEHOLD_CONFIG: join(import.meta.dirname, "../fixtures/commands/runner.config.ts"),
  };
}

function onTerminal(args: readonly string[], size: { columns?: number } = {}): Terminal {
  const terminal = new Terminal(args, { env: environment(), ...size });
  open.push(terminal);
  return terminal;
}

function throughPipe(args: readonly string[]): Leasehold {
  const piped = new Leasehold(args, { env: environment() });
  open.push(piped);
  return piped;
}
