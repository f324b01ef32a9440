import { join } from "node:path";
import { parse } from "smol-toml";
import { FileTooLarge, readBounded } from "../config/read-bounded.ts";
import { configError } from "../oken-error.ts";
import type { AgentFile } from "./agent-files.ts";

/** How an agent's dependencies are installed (spec §3.4: a project before requirements before nothing). */
export type DependencyPlan =
  | { readonly kind: "none" }
  | {
      readonly kind: "requirements" | "project";
      /** What decides the dependencies: the key of their image layer. */
      readonly files: readonly string[];
      /** Dependencies that lie in the agent's own folder are installed after it is copied. */
      readonly needsFolder: boolean;
      /** With a `uv.lock`. */
      readonly isLocked: boolean;
      /** A project that is itself installed. */
      readonly isPackage: boolean;
    };

const INCLUDE = /^(?:-r|-c|--requirement|--constraint)[\s=]*(\S+)/;
const LOCAL =
  /^(?:-e\b|--editable\b|-f\b|--find-links\b|\.{0,2}\/|\.$|file:)|@\s*(?:file:|\.{0,2}\/)|\.(?:whl|tar\.gz|zip)(?:\s|$)/;

/** It is parsed at once, while nobody else is served. */
const LARGEST_PROJECT = 256 * 1024;
const LARGEST_REQUIREMENTS = 1024 * 1024;
const MOST_REQUIREMENTS = 100;

/** Looks at the dependency files in the folder's root. Rejects with a `CONFIG_ERROR` where they are too large to be any. */
export async function planDependencies(folder: string, files: readonly AgentFile[]): Promise<DependencyPlan> {
  const names = new Set(files.filter(({ kind }) => kind === "file").map(({ path }) => path));
  if (names.has("pyproject.toml")) return planProject(await textOf(folder, "pyproject.toml", LARGEST_PROJECT), names);
  if (names.has("requirements.txt")) return planRequirements(folder, names);
  return { kind: "none" };
}

function planProject(text: string, names: ReadonlySet<string>): DependencyPlan {
  const project = describeProject(text);
  const files = ["pyproject.toml", "uv.lock", ".python-version"].filter((name) => names.has(name));
  return { kind: "project", files, isLocked: names.has("uv.lock"), ...project };
}

/** A file that is no TOML is left for uv to complain about. */
function describeProject(text: string): { needsFolder: boolean; isPackage: boolean } {
  try {
    const { project, tool, ...top } = parse(text) as { project?: Table; tool?: { uv?: Table }; "build-system"?: Table };
    const { sources = {}, workspace, package: asPackage } = tool?.uv ?? {};
    const isPackage = asPackage === true || (asPackage !== false && top["build-system"] !== undefined);
    const hasPaths = /"(?:path|workspace)":/.test(JSON.stringify(sources));
    return { isPackage, needsFolder: hasPaths || workspace !== undefined || project?.["dynamic"] !== undefined };
  } catch {
    return { isPackage: false, needsFolder: false };
  }
}

/** With the files that it includes; one that cannot be found makes uv complain. */
async function planRequirements(folder: string, names: ReadonlySet<string>): Promise<DependencyPlan> {
  const files = new Set<string>();
  let needsFolder = false;
  const waiting = ["requirements.txt"];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (files.has(name)) continue;
    files.add(name);
    if (files.size > MOST_REQUIREMENTS)
      throw configError(`requirements.txt: it includes more than ${MOST_REQUIREMENTS} files`);
    for (const line of (await textOf(folder, name, LARGEST_REQUIREMENTS)).split(/\r?\n/)) {
      const included = INCLUDE.exec(line.trim())?.[1];
      if (included !== undefined && names.has(included) && !included.includes("/")) waiting.push(included);
      else needsFolder ||= included !== undefined || LOCAL.test(line.trim());
    }
  }
  return { kind: "requirements", files: [...files].sort(), needsFolder, isLocked: false, isPackage: false };
}

async function textOf(folder: string, name: string, mostBytes: number): Promise<string> {
  try {
    return (await readBounded(join(folder, name), mostBytes)).toString("utf8");
  } catch (error) {
    throw error instanceof FileTooLarge ? configError(`${name}: ${error.message}`, { cause: error }) : error;
  }
}

type Table = Readonly<Record<string, unknown>>;
