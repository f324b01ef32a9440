import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeProject, type Project } from "../project.ts";

const CONFIG = `
import { defineConfig, definePlugin, defineProfile, z } from "leasehold";

const checked = definePlugin({
  name: "checked",
  apiVersion: 1,
  options: z.strictObject({ mood: z.enum(["good", "bad"]).default("good").meta({ env: "MOOD", flag: "--mood <mood>" }) }),
  checks: [
    {
      name: "mood",
      async run({ pluginOptions, projectDir, configFile, runner }) {
        if (pluginOptions.mood === "bad") return [{ ok: false, problem: "it is\\nbad.", fix: "Cheer it up." }, { ok: true, detail: "still here" }];
        return { ok: true, detail: [projectDir, configFile, runner?.activeProfile?.name].join(" ") };
      },
    },
    { name: "bomb", run() { if (process.env.BOMB) throw new Error("boom"); return Promise.resolve({ ok: true }); } },
  ],
  setup() {
    if (process.env.SETUP) throw new Error("no licence");
  },
});
const profile = (name) => defineProfile({ name, directory: "/", executor: { type: "procedural" }, agents: [{ name: "say" }] });

export default defineConfig({
  ...(process.env.PROFILES_DIR ? { profilesDir: process.env.PROFILES_DIR } : {}),
  plugins: [checked(), !process.env.NO_PROFILE && profile("first")],
});
`;

interface Report {
  readonly ok: boolean;
  readonly checks: readonly { check: string; plugin: string | null; ok: boolean; problem?: string; fix?: string }[];
}

describe("leasehold doctor", () => {
  let project: Project;

  beforeAll(async () => {
    project = await makeProject(CONFIG);
    await project.write("broken.ts", `export default { plugins: [], timeoutSecond: 1, graceSeconds: "soon" };`);
    await project.write("throws.ts", `throw new Error("no licence");`);
  });
  afterAll(() => project.remove());

  it("finds nothing wrong where nothing is, and exits with 0", async () => {
    const { code, stdout, stderr } = await project.call(["doctor"]);
    expect(stdout.trimEnd().split("\n")).toEqual([
      expect.stringMatching(/^✓ Node {2,}\d+\./),
      "✓ core copies        one",
      `✓ configuration      ${project.directory}/runner.config.ts`,
      `✓ project directory  ${project.directory}`,
      "✓ set-up             2 plugins",
      "✓ profile            first; agents: say",
      `✓ state directory    ${project.directory}/.leasehold/first; the first start makes it`,
      `✓ checked: mood      ${project.directory} ${project.directory}/runner.config.ts first`,
      "✓ checked: bomb",
      "",
      "All is well.",
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });

  it("says each failure on one line with its fix, and exits with 1", async () => {
    const { code, stdout } = await project.call(["doctor", "--mood", "bad"]);
    expect(stdout).toContain("✗ checked: mood      it is bad. Cheer it up.\n✓ checked: mood      still here\n");
    expect(stdout).toContain("1 of 10 checks failed.");
    expect(code).toBe(1);
  });

  it.each([
    ["a file that is not there", ["--config", "missing.ts"], {}, "configuration", "there is no such file"],
    ["a file that throws", ["--config", "throws.ts"], {}, "configuration", "no licence"],
    ["an unknown option", ["--config", "broken.ts"], {}, "configuration", `did you mean "timeoutSeconds"`],
    ["another fault beside it", ["--config", "broken.ts"], {}, "configuration", "expected number"],
    ["a wrong variable", [], { MOOD: "odd" }, "configuration", "env MOOD"],
    ["a directory that is not there", ["-p", "/nowhere"], {}, "project directory", "ENOENT"],
    ["a directory that is a file", ["-p", "/etc/hostname"], {}, "project directory", "is no directory"],
    ["a directory that nobody can write", ["-p", "/proc"], {}, "project directory", "/proc"],
    ["a setup that throws", [], { SETUP: "1" }, "set-up", "no licence"],
    ["an unknown profile", ["-x", "second"], {}, "profile", `there is no profile "second"; profiles: first`],
    ["no profile", [], { NO_PROFILE: "1" }, "profile", "there is no profile"],
    ["a broken profile file", [], { PROFILES_DIR: "." }, "profile files", "odd"],
    ["a check that throws", [], { BOMB: "1" }, "bomb", `check "bomb" of plugin "checked" failed: boom`],
  ])("reports %s", async (_what, args, env: Record<string, string>, check, problem) => {
    await project.write("odd.json", `{"type": 1}`);
    const { code, stdout } = await project.call(["doctor", "--json", ...args], env);
    const report = JSON.parse(stdout) as Report;
    const failures = report.checks.filter(({ ok }) => !ok);
    const failure = expect.objectContaining({
      check,
      problem: expect.stringContaining(problem),
      fix: expect.any(String),
    });
    expect(failures).toContainEqual(failure);
    expect({ code, ok: report.ok }).toEqual({ code: 1, ok: false });
  });

  it("makes the checks that a broken setup leaves possible", async () => {
    const { stdout } = await project.call(["doctor", "--json"], { SETUP: "1" });
    const { checks } = JSON.parse(stdout) as Report;
    expect(checks).toContainEqual(expect.objectContaining({ check: "mood", plugin: "checked", ok: true }));
  });

  it("reports a broken configuration although its plugins' flags are unknown", async () => {
    const { code, stdout } = await project.call(["doctor", "--config", "throws.ts", "--mood", "bad"]);
    expect(stdout).toMatch(/✗ configuration .*no licence/);
    expect(code).toBe(1);
  });
});
