import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { promisify } from "node:util";
import { bootRunner, definePlugin, type Outcome, type Profile, type Runner } from "leasehold";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createLogger } from "../../../core/src/log/create-logger.ts";
import { commandExecutor } from "../../../plugins/command-executor/src/index.ts";
import { isAlive } from "./launcher/processes.ts";

const directory = await realpath(await mkdtemp(join(tmpdir(), "command-")));
const project = join(directory, "project");
let runner: Runner;
let runs = 0;

const profile: Profile = {
  name: "scripts",
  directory,
  executor: { type: "procedural" },
  env: { FROM_PROFILE: "yes" },
  agents: [],
};

/** Stands for a source's plugin: changes limits and variables. */
const neighbour = definePlugin({
  name: "neighbour",
  apiVersion: 1,
  setup({ hooks, profiles }) {
    profiles.add(profile);
    hooks.onLease.tap((run) => {
      run.env["AGENT_ORCHESTRATOR_API_URL"] = "http://localhost:1";
      Object.assign(run.limits, run.parameters["limits"] ?? {});
    });
  },
});

beforeAll(async () => {
  await mkdir(project);
  const plugins = [commandExecutor({ environment: { pass: ["PASSED"], set: { SET: "set" } } }), neighbour()].map(
    (plugin) => ({ plugin, options: plugin.definition.options?.parse(plugin.options) ?? {} }),
  );
  process.env["PASSED"] = "passed";
  process.env["SECRET_OF_RUNNER"] = "secret";
  const options = {
    projectDir: project,
    projectRoots: [project],
    timeoutSeconds: 300,
    graceSeconds: 5,
    drainTimeoutSeconds: 1,
    outputBytes: 4096,
    redactResults: false,
    journal: "memory" as const,
    verbose: false,
  };
  runner = await bootRunner({
    options,
    plugins,
    log: createLogger({ verbose: false, stream: new PassThrough().resume() }),
  });
});

afterAll(async () => {
  await runner.close();
  await rm(directory, { recursive: true });
});

/** Runs a bash program as an agent's command. */
async function run(script: string, parameters: object = {}, signal?: AbortSignal): Promise<Outcome> {
  const name = `script${++runs}`;
  await writeFile(join(directory, name), `#!/bin/bash\n${script}\n`);
  await chmod(join(directory, name), 0o755);
  return execute(name, parameters, signal);
}

function execute(command: string, parameters: object = {}, signal?: AbortSignal): Promise<Outcome> {
  const leased = {
    id: `run_${++runs}`,
    agent: { name: "agent", command },
    session: { id: "ses_1", mode: "start" as const },
    parametersText: JSON.stringify(parameters),
  };
  return runner.execute(leased, signal ? { signal } : {});
}

function fallback(code: number, stdout: string, stderr = "") {
  return { format: "json", text: JSON.stringify({ return_code: code, stdout, stderr }) };
}

describe("a command", () => {
  it("succeeds with the JSON that it prints", async () => {
    expect(await run(`echo '{"n": 1.50}'`)).toMatchObject({
      status: "succeeded",
      result: { format: "json", text: '{"n": 1.50}' },
      exitCode: 0,
      session: "finished",
    });
  });

  it("succeeds with code and output when it prints text", async () => {
    expect(await run("echo out; echo err >&2")).toMatchObject({
      status: "succeeded",
      result: fallback(0, "out", "err"),
    });
  });

  it("gets its own words and those of the parameters, in the project directory", async () => {
    const name = "words";
    await writeFile(join(directory, name), '#!/bin/bash\nprintf "%s|" "$0" "$@" "$PWD"');
    await chmod(join(directory, name), 0o755);
    const { result } = await execute(`${name} 'a b'`, { k: [1, "x"], on: true, off: false });
    expect(JSON.parse(result?.text ?? "")).toMatchObject({
      stdout: `${directory}/${name}|a b|--k|1,x|--on|${project}|`,
    });
  });

  it("sees what it may of the environment, and no more", async () => {
    const { result } = await run(
      `echo "$FROM_PROFILE $SET $PASSED $AGENT_SESSION_ID $PROJECT_DIR $AGENT_ORCHESTRATOR_API_URL [$SECRET_OF_RUNNER]"`,
    );
    const seen = `yes set passed ses_1 ${project} http://localhost:1 []`;
    expect(JSON.parse(result?.text ?? "")).toMatchObject({ stdout: seen });
  });

  it("fails with standard error as its error", async () => {
    expect(await run("echo p; echo ' E ' >&2; exit 3")).toMatchObject({
      status: "failed",
      error: { code: "COMMAND_FAILED", message: "E" },
      exitCode: 3,
      result: fallback(3, "p", "E"),
    });
  });

  it("fails with its result as its error when it says nothing", async () => {
    expect(await run("echo é; exit 3")).toMatchObject({
      error: { message: String.raw`(stdout) {"return_code": 3, "stdout": "\u00e9", "stderr": ""}` },
    });
    expect(await run(`echo '{"a":[1.50]}'; exit 3`)).toMatchObject({
      error: { message: '(stdout) {"a": [1.5]}' },
      result: { text: '{"a":[1.50]}' },
    });
  });

  it("fails with 256 - n when signal n ended it", async () => {
    expect(await run("kill -KILL $$")).toMatchObject({
      status: "failed",
      exitCode: 247,
      signal: "SIGKILL",
      result: fallback(-9, ""),
    });
  });

  it("marks output that was cut", async () => {
    const outcome = await run(`printf '"%05000d"' 7`);
    expect(outcome).toMatchObject({ status: "succeeded", truncated: { stdout: 5002 - 4096 } });
    const { stdout } = JSON.parse(outcome.result?.text ?? "") as { stdout: string };
    expect(stdout).toMatch(/^"0{4095}\n\[output cut after 4096 bytes\]$/);
  });
});

describe("a command that cannot be started", () => {
  it("fails as not found", async () => {
    const message = `Command not found: ${directory}/missing/x`;
    expect(await execute("missing/./x")).toMatchObject({
      status: "failed",
      error: { code: "COMMAND_NOT_FOUND", message },
      exitCode: 1,
      result: fallback(1, "", message),
    });
  });

  it("fails in the operating system's words", async () => {
    await writeFile(join(directory, "plain"), "");
    const message = `[Errno 13] Permission denied: '${directory}/plain'`;
    expect(await execute("plain")).toMatchObject({ error: { message }, exitCode: 1, result: fallback(1, "", message) });
  });

  it("fails when an argument holds a null byte", async () => {
    expect(await run("true", { s: "a\0b" })).toMatchObject({ error: { message: "embedded null byte" }, exitCode: 1 });
  });

  it("fails with the reason when its quotes are open", async () => {
    const { status, error } = await execute("x 'y");
    expect(status).toBe("failed");
    expect(error?.message).toContain(
      "command-executor: the command cannot be split into words, a single quote is not closed: x 'y",
    );
  });
});

describe("a command whose broker dies", () => {
  it("fails, for nobody knows how it ended", async () => {
    const parent = async () => Number(JSON.parse((await run("echo $PPID")).result!.text));
    while ((await parent()) === process.pid);
    const outcome = await run("kill -KILL $PPID; exec sleep 1000");
    const message =
      "What started the command has died, so nobody knows how the command ended; what was left of it was ended";
    expect(outcome).toMatchObject({
      status: "failed",
      error: { code: "COMMAND_LOST", message },
      exitCode: 1,
      result: fallback(1, "", message),
    });
  });
});

describe("a command that is told to end", () => {
  it("fails as timed out, whatever it wrote", async () => {
    const message = "Command timed out after 0.2 seconds";
    const outcome = await run("echo lost; sleep 1000", { limits: { timeoutSeconds: 0.2 } });
    expect(outcome).toMatchObject({
      status: "failed",
      error: { code: "COMMAND_TIMEOUT", message },
      exitCode: 124,
      result: fallback(124, "", message),
    });
  });

  it("leaves no descendant behind when its time is up (AOF-D4)", async () => {
    const mark = `1000.${process.pid}`;
    const script = `setsid env -i /bin/sleep ${mark} & (sleep ${mark} &) ; exec sleep ${mark}`;
    const outcome = await run(script, { limits: { timeoutSeconds: 3, graceSeconds: 0 } });
    expect(outcome).toMatchObject({ exitCode: 124, receipt: { survivors: 0 } });
    expect(await commandLinesWith(mark)).toEqual([]);
  });

  it("is stopped with the last signal that was needed", async () => {
    for (const [before, graceSeconds, signals] of [
      ["", 60, ["SIGTERM"]],
      ["trap '' TERM", 0.05, ["SIGTERM", "SIGKILL"]],
    ] as const) {
      const stop = new AbortController();
      const fifo = join(directory, `fifo${runs}`);
      await promisify(execFile)("mkfifo", [fifo]);
      const parameters = { fifo, limits: { graceSeconds } };
      const outcome = run(`${before}\necho $$ > "$2"; sleep 1000`, parameters, stop.signal);
      const pid = Number(await readFile(fifo, "utf8"));
      stop.abort(new Error("stopped by the client"));
      expect(await outcome).toMatchObject({
        status: "stopped",
        signal: signals.at(-1),
        receipt: { signals, survivors: 0 },
      });
      expect(await outcome).not.toHaveProperty("result");
      expect(isAlive(pid)).toBe(false);
    }
  });
});

/** The command lines of all processes that hold a text. */
async function commandLinesWith(text: string): Promise<string[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "latin1").catch(() => "")));
  return lines.filter((line) => line.includes(text));
}
