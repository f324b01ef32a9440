import { configError } from "../oken-error.ts";
import { type AgentConfig, type AgentLimits, ENTRYPOINT_TYPES, type EntrypointType } from "./agent-config.ts";
import { parseEntrypoint } from "./entrypoint-path.ts";
import { statedValue, type Value } from "./value.ts";

type Table = Readonly<Record<string, unknown>>;

const PYTHON_VERSION = /^[A-Za-z0-9][A-Za-z0-9.+_@-]{0,63}$/;
const DAY = 86_400;
const MEBIBYTE = 1024 * 1024;

/** The three dialects: table `[agent]`, flat, or both, of which `[agent]` is the stronger (spec §2.6). Throws a `CONFIG_ERROR`. */
export function parseAgentConfig(file: Table): AgentConfig {
  const agent = file["agent"] ?? {};
  if (!isTable(agent)) throw configError("oken.toml: agent must be a table, as in [agent]");
  const read = (key: string) => statedValue(key, agent[key] ?? file[key]);
  const version = read("python_version");
  return {
    name: nameIn(agent, file),
    pythonVersion: pythonVersionOf(version) ?? "3.12",
    pythonVersionStated: version.isStated,
    entrypoint: parseEntrypoint(read("entrypoint").text() ?? "main.py"),
    pinned: read("pinned").boolean() ?? false,
    limits: limitsIn(agent["limits"] ?? file["limits"] ?? {}),
    ...present("entrypointType", typeOf(read("entrypoint_type"))),
    ...present("warmTimeout", read("warm_timeout").lenientInteger()),
    ...present("freezeAfter", read("freeze_after").integer({ least: 0, most: 30 * DAY })),
    ...present("concurrency", read("concurrency").integer({ least: 1, most: 10_000 })),
    ...present("invokeTimeout", read("invoke_timeout").integer({ least: 1, most: DAY })),
  };
}

/** Not the slug and not the agent's id: a name is asked for (T175, T176). */
function nameIn(agent: Table, file: Table): string {
  const named = [agent["name"], file["name"]].map((one) => statedValue("name", one).text()).find((text) => text);
  if (named === undefined) throw configError("oken.toml must specify agent.name (or a top-level name)");
  return named;
}

/** It ends up in a Dockerfile (OKEN-D23). */
function pythonVersionOf(value: Value): string | undefined {
  if (value.isNumber)
    throw configError(`oken.toml: python_version must be text: put quotes around it, as in python_version = "3.12"`);
  const text = value.text();
  if (text !== undefined && !PYTHON_VERSION.test(text))
    throw configError(
      "oken.toml: python_version may hold letters, digits and . + - _ @ only, and begins with one of the first two",
    );
  return text;
}

function typeOf(value: Value): EntrypointType | undefined {
  const text = value.text();
  const type = ENTRYPOINT_TYPES.find((one) => one === text);
  if (text !== undefined && type === undefined)
    throw configError(`oken.toml: entrypoint_type must be one of ${ENTRYPOINT_TYPES.join(", ")}, not "${text}"`);
  return type;
}

function limitsIn(table: unknown): AgentLimits {
  if (!isTable(table)) throw configError("oken.toml: limits must be a table, as in [agent.limits]");
  const read = (key: string) => statedValue(`limits.${key}`, table[key]);
  const memory = read("memory_mb").integer({ least: 16, most: 1024 * 1024 });
  return {
    ...present("memoryBytes", memory === undefined ? undefined : memory * MEBIBYTE),
    ...present("cpus", read("cpus").number({ above: 0, most: 1_024 })),
    ...present("pids", read("pids").integer({ least: 8, most: 1_000_000 })),
  };
}

function present<Key extends string, Type>(key: Key, value: Type | undefined): { [K in Key]?: Type } {
  return value === undefined ? {} : ({ [key]: value } as { [K in Key]?: Type });
}

function isTable(value: unknown): value is Table {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}
