import { stat } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { LeaseholdError, messageOf } from "../errors/leasehold-error.ts";
import { withinSeconds } from "../plugin/within.ts";
import type { ConfigContext } from "./define-config.ts";

/** An evaluation that never ends would be a runner that never says why it does nothing. */
const EVALUATION_SECONDS = 30;
const NAMES = ["runner.config.ts", "runner.config.mjs", "runner.config.js"];

/** Where the configuration comes from, and the object that it holds, not yet checked. */
export interface ConfigFile {
  /** Absolute path. */
  readonly file: string;
  readonly config: unknown;
}

export interface ConfigSearch {
  /** What `--config` or `LEASEHOLD_CONFIG` names; relative to `cwd`. */
  readonly named?: string | undefined;
  readonly cwd: string;
  readonly env: ConfigContext["env"];
}

/** Finds the configuration and loads it by Node's own `import()`. Throws CONFIG_NOT_FOUND or CONFIG_UNREADABLE. */
export async function loadConfigFile(search: ConfigSearch, seconds = EVALUATION_SECONDS): Promise<ConfigFile> {
  const file = search.named ? path.resolve(search.cwd, search.named) : await findUpwards(search.cwd);
  if (!file) throw new LeaseholdError("CONFIG_NOT_FOUND", { directory: search.cwd });
  if (!(await isFile(file))) throw new LeaseholdError("CONFIG_UNREADABLE", { file, problem: "there is no such file" });
  return { file, config: await evaluate(file, search.env, seconds) };
}

async function evaluate(file: string, env: ConfigContext["env"], seconds: number): Promise<unknown> {
  const late = () => new Error(`it was not evaluated within ${seconds} s`);
  try {
    return await withinSeconds(seconds, () => exported(file, env), late);
  } catch (error) {
    throw new LeaseholdError("CONFIG_UNREADABLE", { file, problem: messageOf(error) }, { cause: error });
  }
}

async function exported(file: string, env: ConfigContext["env"]): Promise<unknown> {
  const loaded: { default?: unknown } = await import(/* @vite-ignore */ pathToFileURL(file).href);
  if (loaded.default === undefined) throw new Error("it has no default export; write export default defineConfig(…)");
  if (typeof loaded.default !== "function") return loaded.default;
  return loaded.default({ env, mode: env["NODE_ENV"] || "production" });
}

async function findUpwards(directory: string): Promise<string | undefined> {
  for (const name of NAMES) {
    const file = path.join(directory, name);
    if (await isFile(file)) return file;
  }
  const parent = path.dirname(directory);
  return parent === directory ? undefined : findUpwards(parent);
}

async function isFile(file: string): Promise<boolean> {
  return stat(file).then(
    (found) => found.isFile(),
    () => false,
  );
}
