import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeProject, type Project } from "./project.ts";

const CONFIG = `
import { CommandError, defineConfig, definePlugin, defineProfile, token, z } from "leasehold";

const Greeting = token("neighbour/greeting");

const neighbour = definePlugin({
  name: "neighbour",
  apiVersion: 1,
  options: z.strictObject({ word: z.string().default("hi").meta({ env: "WORD", flag: "--word <word>" }) }),
  setup({ services }, { word }) {
    services.provide(Greeting, { useValue: word });
    return () => void process.stderr.write("torn down\\n");
  },
});

const caller = definePlugin({
  name: "caller",
  apiVersion: 1,
  commands: [
    {
      name: "meet",
      summary: "Meets",
      examples: ["meet"],
      options: z.strictObject({ plugins: z.string().optional().meta({ flag: "--plugins <json>" }) }),
      async run({ createRunner, options, stdout, coreOptions }) {
        const runner = await createRunner({ core: { timeoutSeconds: 7 }, plugins: options.plugins ? JSON.parse(options.plugins) : {} });
        const [{ name }] = runner.profiles;
        stdout.write([runner.services.get(Greeting), name, coreOptions.timeoutSeconds].join(" ") + "\\n");
        return 0;
      },
    },
    {
      name: "fail",
      summary: "Fails",
      async run() {
        throw new CommandError("it is raining", "Take an umbrella.", { exitCode: 3, cause: new Error("clouds") });
      },
    },
    {
      name: "again",
      summary: "Tells how it was called",
      async run({ again, configFile, stdout }) {
        stdout.write(JSON.stringify({ ...again, configFile }));
        return 0;
      },
    },
  ],
});
const profile = defineProfile({ name: "first", directory: "/", executor: { type: "procedural" }, agents: [] });

export default defineConfig({ plugins: [neighbour(), caller(), profile] });
`;

describe("a contributed command", () => {
  let project: Project;

  beforeAll(async () => {
    project = await makeProject(CONFIG);
  });
  afterAll(() => project.remove());

  it("sets the configured plugins up and finds their services", async () => {
    expect(await project.call(["meet"], { WORD: "ho" })).toEqual({
      code: 0,
      stdout: "ho first 300\n",
      stderr: "torn down\n",
    });
  });

  it("overrides flags and variables of any plugin", async () => {
    const overrides = JSON.stringify({ neighbour: { word: "mine" } });
    const { stdout } = await project.call(["meet", "--word", "flag", "--plugins", overrides], { WORD: "ho" });
    expect(stdout).toBe("mine first 300\n");
  });

  it("is told when what it overrides is wrong, or nobody's", async () => {
    const wrong = await project.call(["meet", "--plugins", JSON.stringify({ neighbour: { word: 1, wrod: 2 } })]);
    expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining(`option "word" (the command: 1)`) });
    expect(wrong.stderr).toContain("wrod");
    const nobodys = await project.call(["meet", "--plugins", JSON.stringify({ neighbor: {} })]);
    expect(nobodys).toMatchObject({ code: 1, stderr: expect.stringContaining(`did you mean "neighbour"`) });
  });

  it("fails with what its user can do, and its exit code", async () => {
    const stderr = "leasehold: it is raining\n    Take an umbrella.\n";
    expect(await project.call(["fail"])).toEqual({ code: 3, stdout: "", stderr });
    expect((await project.call(["fail", "-v"])).stderr).toContain("Error: clouds");
  });

  it("can be started once more with the same words", async () => {
    const { file, args, configFile } = JSON.parse((await project.call(["again", "--word", "x"])).stdout);
    expect(file).toBe(process.execPath);
    expect(args).toEqual([expect.stringMatching(/core\/bin\/leasehold\.js$/), "again", "--word", "x"]);
    expect(configFile).toBe(`${project.directory}/runner.config.ts`);
  });

  it("is shown with its example in the root help", async () => {
    expect((await project.call(["--help"])).stdout).toMatch(/^ {2}leasehold meet$/m);
  });
});
