import type { Call } from "./call.ts";

/** A command of the core. */
export interface BuiltIn {
  readonly name: string;
  readonly summary: string;
  readonly operands: readonly string[];
  /** Command lines without the leading `leasehold`. */
  readonly examples: readonly string[];
  /** Flags beside those of all options, with what they do. */
  readonly extraFlags?: readonly (readonly [flag: string, description: string])[];
  /** False for a command that the options of core and plugins do not concern. */
  readonly takesOptions?: false;
  /** True for a command that reports a configuration that cannot be loaded, whatever flags of its plugins are given. */
  readonly survivesConfig?: true;
  /** Answers the exit code. */
  run(call: Call, operands: readonly string[], own: Readonly<Record<string, unknown>>): Promise<number>;
}

const JSON_FLAG = ["--json", "print JSON"] as const;

/** Each is loaded when it is called: a runner shall not carry what `leasehold doctor` needs. */
export const builtIns: readonly BuiltIn[] = [
  {
    name: "start",
    summary: "Lease runs until told to end; a second SIGINT or SIGTERM stops what is still running",
    operands: [],
    examples: ["start", "start --profile echo --project-dir /srv/jobs", "start --profile-list"],
    extraFlags: [["-l, --profile-list", "print the names of the profiles and end"]],
    async run(call, _operands, own) {
      const { listProfileNames, start } = await import("./start.ts");
      return own["profileList"] === true ? listProfileNames(call) : start(call);
    },
  },
  {
    name: "run",
    summary: "Run one agent here, without any coordinator; words after its name are its parameters",
    operands: ["<agent>", "[parameters...]"],
    examples: ["run echo --message hello", "run --project-dir /srv/jobs test --stdout ok --json", "run echo --help"],
    run: async (call, [agent = "", ...words]) => (await import("./run.ts")).run(call, agent, words),
  },
  {
    name: "config",
    summary: "Show every option's value and where it comes from",
    operands: [],
    examples: ["config", "config --json"],
    extraFlags: [JSON_FLAG],
    run: async (call, _operands, own) => (await import("./show-config.ts")).showConfig(call, own["json"] === true),
  },
  {
    name: "plugins",
    summary: "Show the plugins in the order of their setups, the hooks they tap and the time they took",
    operands: [],
    examples: ["plugins", "plugins --json"],
    extraFlags: [JSON_FLAG],
    run: async (call, _operands, own) => (await import("./show-plugins.ts")).showPlugins(call, own["json"] === true),
  },
  {
    name: "profiles",
    summary: "Show the profiles, the active one marked, and their agents",
    operands: [],
    examples: ["profiles", "profiles --json"],
    extraFlags: [JSON_FLAG],
    run: async (call, _operands, own) => (await import("./show-profiles.ts")).showProfiles(call, own["json"] === true),
  },
  {
    name: "journal",
    summary: "ls or show what a runner keeps on disk, replay what it owes without leasing, prune what was delivered",
    operands: ["<act>", "[run]"],
    examples: ["journal ls", "journal show run_1234 --json", "journal replay", "journal prune"],
    extraFlags: [JSON_FLAG],
    run: async (call, operands, own) => (await import("./journal.ts")).journal(call, operands, own["json"] === true),
  },
  {
    name: "drain",
    summary: "Have the runner of this configuration end: no new work, running work may finish; returns when it is gone",
    operands: [],
    examples: ["drain", "drain --stop", "drain --profile echo --project-dir /srv/jobs"],
    extraFlags: [["--stop", "stop running work, as a second SIGTERM does"], JSON_FLAG],
    async run(call, _operands, own) {
      const { drain } = await import("./drain.ts");
      return drain(call, { stop: own["stop"] === true, json: own["json"] === true });
    },
  },
  {
    name: "health",
    summary:
      "Show how the runner of this configuration stands: registered, leasing, draining; exit code 0 if it takes work",
    operands: [],
    examples: ["health", "health --json"],
    extraFlags: [JSON_FLAG],
    run: async (call, _operands, own) => (await import("./health.ts")).health(call, own["json"] === true),
  },
  {
    name: "doctor",
    summary: "Check machine, configuration, profile and what the plugins need, and say how to mend what is wrong",
    operands: [],
    examples: ["doctor", "doctor --json", "doctor --config other.config.ts"],
    extraFlags: [JSON_FLAG],
    survivesConfig: true,
    run: async (call, _operands, own) => (await import("./doctor/doctor.ts")).doctor(call, own["json"] === true),
  },
  {
    name: "init",
    summary: "Write a commented runner.config.ts; asks three questions on a terminal",
    operands: [],
    examples: ["init", "init --yes", "init --force --config other.config.ts"],
    extraFlags: [
      ["-y, --yes", "ask nothing, take the defaults"],
      ["--force", "overwrite the file if it is there"],
    ],
    takesOptions: false,
    run: async ({ terminal }, _operands, own) => (await import("./init/init.ts")).init(terminal, own),
  },
  {
    name: "create-plugin",
    summary: "Write the package of a new plugin, with tests that it passes as it is",
    operands: ["<name>"],
    examples: ["create-plugin sql-executor --kind executor", "create-plugin @acme/orders --kind source"],
    extraFlags: [
      ["--kind <kind>", "executor, source, profile or credentials"],
      ["--core <source>", "where npm gets leasehold from while you develop: a version, a path or a tarball"],
    ],
    takesOptions: false,
    async run({ terminal }, [name = ""], own) {
      const { createPlugin } = await import("./create-plugin/create-plugin.ts");
      return createPlugin(terminal, name, own);
    },
  },
];
