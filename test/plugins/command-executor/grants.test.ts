import { type CheckContext, createRunner, definePlugin, defineProfile, SecretStore } from "leasehold";
import { afterEach, describe, expect, it, vi } from "vitest";
import { grants } from "../../../plugins/command-executor/src/checks/grants.ts";
import { commandExecutor } from "../../../plugins/command-executor/src/index.ts";
import { options } from "../../../plugins/command-executor/src/options.ts";
import { leased } from "../../fixtures/runner.ts";
import { quiet, recordingLog } from "../coordinator/test-source.ts";

const profile = defineProfile({
  name: "reports",
  directory: "/",
  executor: { type: "procedural" },
  agents: [{ name: "monthly", command: "/bin/true" }],
});

afterEach(() => vi.unstubAllEnvs());

describe("grants", () => {
  it("of an agent that nobody offers bring one warning", async () => {
    const { log, lines } = recordingLog();
    const environment = { grants: { agents: { montly: ["A"], monthly: ["A"] }, profiles: { report: ["A"] } } };
    const runner = await createRunner({ plugins: [commandExecutor({ environment }), profile] }, { log });
    for (const id of ["one", "two"]) await runner.execute(leased(id));
    await runner.close();
    expect(lines.filter(({ msg }) => msg.includes("grants")).map(({ msg }) => msg)).toEqual([
      'environment.grants names agent "montly", which no profile here offers',
      'environment.grants names profile "report", which is not there',
    ]);
  });

  it("are masked in the log before any run", async () => {
    vi.stubEnv("GRANTED", "granted-value");
    const { log, lines } = recordingLog();
    const loud = definePlugin({ name: "loud", apiVersion: 1, setup: ({ log }) => log.info("says granted-value") })();
    const environment = { grants: { agents: { monthly: ["GRANTED"] }, profiles: {} } };
    const runner = await createRunner({ plugins: [commandExecutor({ environment }), loud, profile] }, { log });
    await runner.close();
    expect(lines.map(({ msg }) => msg)).toContain("says ********");
  });

  it("are checked by doctor", async () => {
    vi.stubEnv("GRANTED_AND_SET", "value");
    expect(await check({ agents: { monthly: ["GRANTED_AND_SET"] } })).toEqual({ ok: true, detail: "GRANTED_AND_SET" });
    expect(
      await check({ agents: { montly: ["GRANTED_AND_SET"] }, profiles: { reports: ["NOT_SET_AT_ALL"] } }),
    ).toMatchObject([
      { ok: false, problem: 'environment.grants names agent "montly", which no profile here offers' },
      { ok: false, problem: "variable NOT_SET_AT_ALL is granted, but not set" },
    ]);
    expect(await check({})).toEqual([]);
  });

  it("are asked for where everybody would see a secret", () => {
    const { error } = options.safeParse({ environment: { pass: ["HTTPS_PROXY", "MY_API_KEY"] } });
    expect(error?.issues.map(({ message }) => message)).toEqual([
      "MY_API_KEY looks secret by its name, and pass shows it to every agent: grant it to those that need it, in environment.grants",
    ]);
  });
});

async function check(given: object) {
  const runner = await createRunner({ plugins: [profile] }, { log: quiet });
  const pluginOptions = options.parse({ environment: { grants: given } });
  const context = { runner, pluginOptions, secrets: new SecretStore().runner } as Partial<CheckContext> as CheckContext;
  return Promise.resolve(grants.run(context)).finally(() => runner.close());
}
