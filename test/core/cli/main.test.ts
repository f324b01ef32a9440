import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bin, end, makeProject, type Project, said } from "./project.ts";

const CONFIG = `
import { defineConfig, definePlugin, defineProfile, failed, jsonResult, stopped, z } from "leasehold";

const inline = definePlugin({
  name: "inline",
  apiVersion: 1,
  options: z.strictObject({
    greeting: z.string().default("hi").meta({ env: "GREETING", flag: "-g, --greeting <text>", description: "What greet says" }),
    loud: z.boolean().default(false).meta({ flag: "--loud" }),
    token: z.string().optional().meta({ env: "TOKEN", secret: true }),
  }),
  commands: [
    {
      name: "greet",
      arguments: ["<name>", "[words...]"],
      summary: "Greets",
      options: z.strictObject({ times: z.int().default(1).meta({ flag: "--times <n>" }) }),
      async run({ arguments: words, options, pluginOptions, stdout }) {
        stdout.write(JSON.stringify({ words, options, greeting: pluginOptions.greeting }));
        return 7;
      },
    },
  ],
  setup({ hooks, sources, log }, { token }) {
    log.debug({ token }, "set up");
    hooks.resolveEntrypoint.tap((run) => ({ kind: "inline", command: run.agent.command }));
    hooks.execute.for("inline").tap(async (run, { command }) => {
      if (command === "fail") return failed("it broke", { exitCode: run.parameters.code });
      if (command === "hang") {
        process.stderr.write("hanging\\n");
        if (process.env.STRAY) Promise.reject(new Error("stray"));
        await new Promise((resolve) => run.signal.addEventListener("abort", resolve));
        return stopped("stopped in order");
      }
      return { status: "succeeded", session: "finished", result: jsonResult(run.parametersText) };
    });
    sources.add({
      name: "waiting",
      delivery: "attached",
      slots: 1,
      async start(feed, signal) {
        process.stderr.write("leasing\\n");
        const run = { id: "r", agent: { name: "hang", command: "hang" }, session: { id: "s", mode: "start" }, parametersText: "{}" };
        if (process.env.OFFER) feed.offer({ ref: null, run }, await feed.slot());
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
      },
    });
  },
});

const agent = (name, properties = {}) => ({ name, command: name, parametersSchema: { type: "object", properties, additionalProperties: false } });
const profile = (name, agents) => defineProfile({ name, directory: "/", executor: { type: "procedural" }, agents });

export default defineConfig({
  plugins: [
    inline(),
    profile("first", [agent("say", { message: { type: "string" }, n: { type: "number" }, json: { type: "boolean" }, config: { type: "string" } })]),
    [profile("second", [agent("fail", { code: { type: "integer" } }), agent("hang")]), false],
  ],
});
`;

describe("leasehold", () => {
  let project: Project;

  beforeAll(async () => {
    project = await makeProject(CONFIG);
    await project.write("broken.ts", `export default { plugins: [], timeoutSecond: 1, graceSeconds: "soon" };`);
    await project.write("throws.ts", `throw new Error("no licence");`);
  });
  afterAll(() => project.remove());

  it("tells its version", async () => {
    expect(await project.call(["--version"])).toEqual({ code: 0, stdout: "0.1.0\n", stderr: "" });
  });

  it("shows examples, exit codes and the plugins' commands in its help", async () => {
    const { code, stdout, stderr } = await project.call(["--help"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const words of ["greet", "Greets", "leasehold run echo", "Exit codes:", "143"])
      expect(stdout).toContain(words);
    expect(stdout.slice(stdout.indexOf("Exit codes:"))).not.toContain("submit");
  });

  it("shows the flags of plugins in a command's help", async () => {
    const { stdout } = await project.call(["start", "--help"]);
    expect(stdout).toMatch(
      /Options of plugin inline:\n.*-g, --greeting <text>\s+What greet says \(env GREETING; default\s+hi\)/,
    );
  });

  it("gives help where no configuration can be loaded", async () => {
    const { code, stdout, stderr } = await project.call(["--config", "throws.ts", "start", "--help"]);
    expect(code).toBe(0);
    expect(stdout).toContain("--project-dir");
    expect(stderr).toContain("no licence");
  });

  it.each([
    ["an unknown command", ["strat"], "unknown command 'strat'", "start"],
    ["an unknown flag", ["start", "--greting", "x"], "unknown option '--greting'", "--greeting"],
    ["an unknown flag before the agent", ["run", "--laud", "say"], "unknown option '--laud'", "--loud"],
    ["a missing agent", ["run"], "missing required argument 'agent'", ""],
  ])("refuses %s and suggests the nearest", async (_case, args, problem, suggestion) => {
    const { code, stdout, stderr } = await project.call(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(problem);
    expect(stderr).toContain(suggestion);
  });

  it("does not repeat what was given to an unknown flag", async () => {
    const { stderr } = await project.call(["start", "--greting=hush"]);
    expect(stderr).toBe("error: unknown option '--greting'\n");
  });

  it("reports all faults of a configuration without any stack", async () => {
    const { code, stdout, stderr } = await project.call(["start", "--config", "broken.ts"], {
      LEASEHOLD_DRAIN_TIMEOUT: "x",
    });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain(
      'option "timeoutSecond" (broken.ts): there is no such option (did you mean "timeoutSeconds"?)',
    );
    expect(stderr).toContain('option "graceSeconds" (broken.ts: "soon")');
    expect(stderr).toContain('option "drainTimeoutSeconds" (env LEASEHOLD_DRAIN_TIMEOUT: "x"): it is not a number');
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it("shows the stack of a file that throws to verbose readers only", async () => {
    const brief = await project.call(["config"], { LEASEHOLD_CONFIG: "throws.ts" });
    expect(brief.code).toBe(1);
    expect(brief.stderr).toContain("throws.ts could not be loaded: no licence");
    expect(brief.stderr).not.toMatch(/^\s+at /m);
    const verbose = await project.call(["config", "-v"], { LEASEHOLD_CONFIG: "throws.ts" });
    expect(verbose.stderr).toMatch(/^\s+at .*throws\.ts/m);
  });

  describe("run", () => {
    it("prints the result alone on standard output", async () => {
      const { code, stdout } = await project.call(["run", "say", "--message", "good morning", "--n", "1.50", "--json"]);
      expect({ code, stdout }).toEqual({ code: 0, stdout: '{"message":"good morning","n":1.50,"json":true}\n' });
    });

    it("takes flags before the agent as its own and the rest as the agent's", async () => {
      const plain = await project.call(["run", "--loud", "-g", "x", "say", "--config", "agent's"]);
      expect(plain).toMatchObject({ code: 0, stdout: '{"config":"agent\'s"}\n' });
    });

    it("asks for --config in front where it could be the agent's", async () => {
      const unclear = ["--loud", "say", "--config", "runner.config.ts"];
      const { code, stderr } = await project.call(["run", ...unclear]);
      expect(code).toBe(2);
      expect(stderr).toContain('write --config <file> once, as the first words after "run"');
      const clear = await project.call(["run", "--config", "runner.config.ts", ...unclear]);
      expect(clear).toMatchObject({ code: 0, stdout: '{"config":"runner.config.ts"}\n' });
    });

    it("runs agents of profiles that are not active", async () => {
      const { code, stdout, stderr } = await project.call(["run", "fail", "--code", "9"]);
      expect({ code, stdout }).toEqual({ code: 9, stdout: "" });
      expect(stderr).toMatch(/^it broke$/m);
    });

    it("ends with 1 when a failed run has no exit code", async () => {
      expect(await project.call(["run", "fail"])).toMatchObject({ code: 1 });
    });

    it("reports all faults of the parameters at once", async () => {
      const { code, stderr } = await project.call(["run", "say", "--mesage", "x", "--n", "many"]);
      expect(code).toBe(2);
      expect(stderr).toContain('there is no parameter --mesage (did you mean "--message"?)');
      expect(stderr).toContain('--n: "many" is not a number');
    });

    it("lists the agents when there is none of that name", async () => {
      const { code, stderr } = await project.call(["run", "sai"]);
      expect(code).toBe(2);
      expect(stderr).toContain('did you mean "say"?');
      expect(stderr).toContain('there is no agent "sai"; agents: say, fail, hang');
    });

    it("describes an agent", async () => {
      const { code, stdout } = await project.call(["run", "say", "--help"]);
      expect(code).toBe(0);
      expect(stdout).toContain("--message <string>");
    });

    it.each([
      ["SIGINT", 130],
      ["SIGTERM", 143],
      ["SIGHUP", 129],
    ] as const)("stops on %s and waits for the outcome", async (signal, code) => {
      const child = project.start(["run", "hang"]);
      const ended = end(child);
      await said(child, "hanging");
      child.kill(signal);
      expect(await ended).toMatchObject({ code, stdout: "", stderr: expect.stringContaining("stopped in order") });
    });

    it.runIf(existsSync("/dev/full"))("says that its result could not be written", async () => {
      const full = openSync("/dev/full", "w");
      const { code, stderr } = await end(project.start(["run", "say"], {}, ["ignore", full, "pipe"]));
      closeSync(full);
      expect(code).toBe(1);
      expect(stderr).toMatch(/^leasehold: standard output could not be written: ENOSPC.* \[OUTPUT_LOST\]$/m);
      expect(stderr).not.toContain("    at ");
    });

    it.runIf(existsSync("/dev/full"))("gives its result although nothing can be logged", async () => {
      const full = openSync("/dev/full", "w");
      const ended = await end(project.start(["run", "say"], {}, ["ignore", "pipe", full]));
      closeSync(full);
      expect(ended).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\{.*\}\n$/) });
    });

    it("refuses to run where its own directory is gone", async () => {
      const gone = path.join(project.directory, "gone");
      await mkdir(gone);
      const words = ["-c", 'rmdir "$PWD" && exec "$@"', "sh", process.execPath, bin, "run", "say"];
      const { code, stderr } = await end(spawn("sh", words, { cwd: gone, stdio: ["ignore", "pipe", "pipe"] }));
      expect(code).toBe(1);
      expect(stderr).toMatch(/^the project directory .*\/gone is not there, or is no directory$/m);
      expect(stderr).not.toContain("    at ");
    });

    it("never starts a lease source", async () => {
      expect((await project.call(["run", "say"])).stderr).not.toContain("leasing");
    });
  });

  describe("start", () => {
    it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("leases until %s and ends in order", async (signal) => {
      const child = project.start(["start"]);
      const ended = end(child);
      await said(child, "leasing");
      child.kill(signal);
      expect(await ended).toMatchObject({ code: 0, stdout: "" });
    });

    it("lets work go on after the first signal and stops it at the second", async () => {
      const child = project.start(["start", "--drain-timeout", "86400"], { OFFER: "1" });
      const ended = end(child);
      await said(child, "hanging");
      child.kill("SIGTERM");
      await said(child, "a second signal stops it");
      child.kill("SIGINT");
      expect(await ended).toMatchObject({ code: 0, stderr: expect.stringContaining('"status":"stopped"') });
    });

    it("ends in order after an error that nobody caught", async () => {
      const { code, stderr } = await project.call(["start"], { STRAY: "1", OFFER: "1" });
      expect(code).toBe(1);
      expect(stderr).toContain('"status":"stopped"');
      expect(stderr).toContain("leasehold: an error that nobody caught ended the runner: stray [STRAY_ERROR]");
      expect(stderr).not.toContain("    at ");
    });

    it.each(["-l", "--profile-list"])("prints the names of the profiles with %s", async (flag) => {
      expect(await project.call(["start", flag])).toMatchObject({ code: 0, stdout: "first\nsecond\n" });
    });

    it("refuses a profile that is not there", async () => {
      const { code, stderr } = await project.call(["start", "--profile", "third"]);
      expect(code).toBe(1);
      expect(stderr).toContain('there is no profile "third"; profiles: first, second');
    });
  });

  describe("config", () => {
    it("shows every value with its origin and masks secrets", async () => {
      const { code, stdout, stderr } = await project.call(["config", "--greeting", "ho"], {
        TOKEN: "hunter2",
        VERBOSE: "yes",
      });
      expect(code).toBe(0);
      expect(stdout).toMatch(/^inline\.greeting +"ho" +flag --greeting$/m);
      expect(stdout).toMatch(/^inline\.token +\*{8} +env TOKEN$/m);
      expect(stdout).toMatch(/^core\.verbose +true +env VERBOSE$/m);
      expect(stdout).toMatch(/^core\.graceSeconds +5 +default$/m);
      expect(stdout + stderr).not.toContain("hunter2");
    });

    it("prints JSON", async () => {
      const { stdout } = await project.call(["config", "--json"], { TOKEN: "hunter2", GREETING: "http://me:pw@host/" });
      expect(JSON.parse(stdout).values).toContainEqual({
        owner: "inline",
        option: "greeting",
        value: "http://********@host/",
        origin: "env GREETING",
      });
      expect(JSON.parse(stdout).values).toContainEqual({
        owner: "inline",
        option: "token",
        value: "********",
        origin: "env TOKEN",
      });
    });
  });

  it("shows the plugins in order with what they tap", async () => {
    const { stdout, stderr } = await project.call(["plugins"]);
    expect(stdout).toMatch(
      /├─ inline {2}[\d.]+ ms; taps resolveEntrypoint, execute:inline; sources waiting; declares secrets token \(TOKEN\)\n├─ profile-first/,
    );
    expect(stderr).not.toContain("leasing");
    const listed = JSON.parse((await project.call(["plugins", "--json"])).stdout);
    expect(listed.map(({ name }: { name: string }) => name)).toEqual(["inline", "profile-first", "profile-second"]);
  });

  it("shows the profiles, the active one marked", async () => {
    const { stdout } = await project.call(["profiles", "-x", "second"]);
    expect(stdout).toMatch(/^ {2}first\n {6}say\n\* second\n/);
    const listed = JSON.parse((await project.call(["profiles", "--json"])).stdout);
    expect(listed.profiles).toMatchObject([
      { name: "first", active: true, agents: [{ name: "say" }] },
      { name: "second", active: false },
    ]);
  });

  it("keeps secrets out of the log", async () => {
    const { stderr } = await project.call(["run", "-v", "say"], { TOKEN: "hunter2" });
    expect(stderr).toContain('"token":"********"');
    expect(stderr).not.toContain("hunter2");
  });

  it("calls a plugin's command with its own and the plugin's options", async () => {
    const { code, stdout } = await project.call(["greet", "--times", "3", "-g", "ho", "you", "--times", "there"]);
    expect(code).toBe(7);
    expect(JSON.parse(stdout)).toEqual({ words: ["you", "--times", "there"], options: { times: 3 }, greeting: "ho" });
  });

  it("is quiet when its reader goes away", async () => {
    const child = project.start(["config", "--json"]);
    child.stdout?.destroy();
    expect(await end(child)).toEqual({ code: 0, stdout: "", stderr: "" });
  });
});
