import type { Call } from "./call.ts";
import { createPlugin } from "./create-plugin/create-plugin.ts";
import { doctor } from "./doctor/doctor.ts";
import { drain } from "./drain.ts";
import { health } from "./health.ts";
import { init } from "./init/init.ts";
import { journal } from "./journal.ts";
import { run } from "./run.ts";
import { showConfig } from "./show-config.ts";
import { showPlugins } from "./show-plugins.ts";
import { showProfiles } from "./show-profiles.ts";
import { listProfileNames, start } from "./start.ts";

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

export const builtIns: readonly BuiltIn[] = [
  {
    name: "start",
    summary: "Lease runs until told to end; a second SIGINT or SIGTERM stops what is still running",
    operands: [],
    examples: ["start", "start --profile echo --project-dir /srv/jobs", "start --profile-list"],
    extraFlags: [["-l, --profile-list", "print the names of the profiles and end"]],
    run: (call, _operands, own) => (own["profileList"] === true ? listProfileNames(call) : start(call)),
  },
  {
    name: "run",
    summary: "Run one agent here, without any coordinator; words after its name are its parameters",
    operands: ["<agent>", "[parameters...]"],
    examples: ["run echo --message hello", "run --project-dir /srv/jobs test --stdout ok --json", "run echo --help"],
    run: (call, [agent = "", ...words]) => run(call, agent, words),
  },
  {
    name: "config",
    summary: "Show every option's value and where it comes from",
    operands: [],
    examples: ["config", "config --json"],
    extraFlags: [JSON_FLAG],
    run: (call, _operands, own) => showConfig(call, own["json"] === true),
  },
  {
    name: "plugins",
    summary: "Show the plugins in the order of their setups, the hooks they tap and the time they took",
    operands: [],
    examples: ["plugins", "plugins --json"],
    extraFlags: [JSON_FLAG],
    run: (call, _operands, own) => showPlugins(call, own["json"] === true),
  },
  {
    name: "profiles",
    summary: "Show the profiles, the active one marked, and their agents",
    operands: [],
    examples: ["profiles", "profiles --json"],
    extraFlags: [JSON_FLAG],
    run: (call, _operands, own) => showProfiles(call, own["json"] === true),
  },
  {
    name: "journal",
    summary: "ls or show what a runner keeps on disk, replay what it owes without leasing, prune what was delivered",
    operands: ["<act>", "[run]"],
    examples: ["journal ls", "journal show run_1234 --json", "journal replay", "journal prune"],
    extraFlags: [JSON_FLAG],
    run: (call, operands, own) => journal(call, operands, own["json"] === true),
  },
  {
    name: "drain",
    summary: "Have the runner of this configuration end: no new work, running work may finish; returns when it is gone",
    operands: [],
    examples: ["drain", "drain --stop", "drain --profile echo --project-dir /srv/jobs"],
    extraFlags: [["--stop", "stop running work, as a second SIGTERM does"], JSON_FLAG],
    run: (call, _operands, own) => drain(call, { stop: own["stop"] === true, json: own["json"] === true }),
  },
  {
    name: "health",
    summary:
      "Show how the runner of this configuration stands: registered, leasing, draining; exit code 0 if it takes work",
    operands: [],
    examples: ["health", "health --json"],
    extraFlags: [JSON_FLAG],
    run: (call, _operands, own) => health(call, own["json"] === true),
  },
  {
    name: "doctor",
    summary: "Check machine, configuration, profile and what the plugins need, and say how to mend what is wrong",
    operands: [],
    examples: ["doctor", "doctor --json", "doctor --config other.config.ts"],
    extraFlags: [JSON_FLAG],
    survivesConfig: true,
    run: (call, _operands, own) => doctor(call, own["json"] === true),
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
    run: ({ terminal }, _operands, own) => init(terminal, own),
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
    run: ({ terminal }, [name = ""], own) => createPlugin(terminal, name, own),
  },
];
