import { describe, expect, it } from "vitest";
import { API_VERSION } from "../../core/src/plugin/plugin.ts";
import { SecretStore } from "../../core/src/redaction/secret-store.ts";
import { childEnvironment } from "../../plugins/command-executor/src/environment.ts";
import { containerEnvironment } from "../../plugins/docker-oken/src/containers/container-environment.ts";
import { codeIn, optionsOf, read, rowsOf } from "./pages.ts";

const PAGE = "docs/security.md";
const MEBIBYTE = 1024 * 1024;
/** Variables that a runner's environment may well hold. */
const COMMON = [
  ...[
    "PATH",
    "HOME",
    "LANG",
    "LANGUAGE",
    "LC_ALL",
    "TZ",
    "TMPDIR",
    "USER",
    "LOGNAME",
    "SHELL",
    "PWD",
    "TERM",
    "HOSTNAME",
  ],
  ...["EDITOR", "DISPLAY", "SSH_AUTH_SOCK", "XDG_RUNTIME_DIR", "HTTPS_PROXY", "NO_PROXY", "NODE_OPTIONS", "LD_PRELOAD"],
  ...["AUTH0_RUNNER_CLIENT_SECRET", "LEASEHOLD_STATE_DIR", "AGENT_ORCHESTRATOR_API_URL"],
];

describe("docs/security.md", () => {
  it("names every switch that hardens containers", () => {
    const switches = optionsOf("docker-oken").filter(({ schema }) => schema.safeParse(undefined).data === true);
    expect(switches).toHaveLength(5);
    const rows = rowsOf(PAGE, "Containers of agents");
    const named = rows.map((row) => [codeIn(row["option"])[0], codeIn(row["switch"])[0]]);
    for (const { name, env } of switches) expect(named).toContainEqual([name, `${env}=false`]);
  });

  it("names each option of containers with its own variable", () => {
    const variables = new Map(optionsOf("docker-oken").map(({ name, env }) => [name, env]));
    for (const row of rowsOf(PAGE, "Containers of agents"))
      for (const option of codeIn(row["option"]))
        expect(row["switch"]).toContain(variables.get(option) ?? "no such option");
  });

  it("tells the limits that the options have", () => {
    const oken = defaultsOf("docker-oken");
    const archives = [oken, defaultsOf("script-executor")].map(
      (one) =>
        `${mebibytes(one("archiveBytes"))} MiB packed, ${mebibytes(one("expandedBytes"))} MiB unpacked, ${shown(one("entries"))} entries, paths of ${shown(one("pathBytes"))} bytes`,
    );
    const said = [
      ...archives,
      `inputs and outputs of ${mebibytes(oken("inputBytes"))} MiB, ${oken("maxInFlight")} in flight, ${shown(oken("maxQueued"))} waiting`,
      `${mebibytes(oken("memoryBytes"))} MiB with swap, ${oken("cpus")} CPU, ${oken("pids")} processes`,
      `\`/tmp\` in memory, ${mebibytes(oken("tmpBytes"))} MiB`,
      `${oken("logFiles")} files of ${mebibytes(oken("logBytes"))} MiB`,
      `${oken("maxRunning")} running, ${shown(oken("maxAgents"))} deployed, ${mebibytes(oken("imageBudgetBytes")) / 1024} GiB of images`,
      `A deadline, ${defaultsOf("core")("timeoutSeconds")} s, and ${mebibytes(defaultsOf("core")("outputBytes"))} MiB kept`,
      `At most ${defaultsOf("coordinator")("concurrency")} runs at once`,
    ];
    const page = read(PAGE);
    expect(said.filter((sentence) => !page.includes(sentence))).toEqual([]);
  });

  it("names the variables that commands get to see", () => {
    const [row] = rowsOf(PAGE, "Environment and secrets");
    const named = codeIn(row?.["default"]).map((name) => name.replace("LC_*", "LC_ALL"));
    expect(Object.keys(seenOf([...COMMON, ...named])).sort()).toEqual(
      [...named, "AGENT_SESSION_ID", "PROJECT_DIR"].sort(),
    );
  });

  it("names reserved variables of containers, and so does the migration page", () => {
    const [row] = rowsOf(PAGE, "Environment and secrets").filter((one) => one["default"]?.startsWith("Containers"));
    const [other] = rowsOf("docs/migration-oken-runner.md").filter((one) => one["variable"] === "secrets");
    const named = [...codeIn(row?.["default"]), ...codeIn(other?.["what to know"])].map((name) =>
      name.replace("*", "X"),
    );
    expect(named.length).toBeGreaterThan(10);
    expect(containerEnvironment(Object.fromEntries(named.map((name) => [name, "x"]))).environment).toEqual([]);
  });

  it("says plainly that manifests are not enforced", () => {
    expect(read(PAGE)).toContain("**it is declared, not enforced**");
  });
});

describe("docs/scope.md", () => {
  it("tells the version of the contract", () => {
    expect(read("docs/scope.md")).toContain(`**\`apiVersion\` is the promise to plugins.** It is ${API_VERSION}.`);
  });
});

/** What a command sees of an environment with these variables. */
function seenOf(names: readonly string[]): Record<string, string> {
  const own = Object.fromEntries(names.map((name) => [name, "x"]));
  const session = { id: "ses_1", mode: "start" as const, own: () => Promise.reject(new Error("not owned here")) };
  const run = { agent: { name: "any" }, profile: undefined, env: {}, secrets: new SecretStore().runner, session };
  return childEnvironment({ pass: [], set: {}, grants: { agents: {}, profiles: {} } }, "/work", own).forRun(run);
}

function defaultsOf(owner: string): (name: string) => number {
  const fields = optionsOf(owner);
  return (name) => Number(fields.find((field) => field.name === name)?.schema.safeParse(undefined).data);
}

function mebibytes(bytes: number): number {
  return bytes / MEBIBYTE;
}

function shown(number: number): string {
  return number.toLocaleString("en");
}
