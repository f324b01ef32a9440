import type { AgentConfig } from "../config/agent-config.ts";
import { OkenError } from "../oken-error.ts";
import type { BaseFacts } from "./base-facts.ts";
import type { DependencyPlan } from "./dependency-plan.ts";

/** Which Python an agent runs under. */
export type PythonChoice =
  /** An interpreter of the base image. */
  | { readonly kind: "present"; readonly path: string }
  /** uv downloads it during the build. */
  | { readonly kind: "download"; readonly version: string }
  /** The project says so, and uv finds it. */
  | { readonly kind: "project" };

/**
 * The stated version, from the base image or else downloaded; where nothing is stated, 3.12, or else whatever the base
 * image has. Throws an `OkenError` of code `BUILD_FAILED` when the image can give none.
 */
export function choosePython(config: AgentConfig, plan: DependencyPlan, facts: BaseFacts): PythonChoice {
  const { pythonVersion, pythonVersionStated } = config;
  if (plan.kind !== "none" && !facts.uv)
    throw impossible("the agent has dependencies, and the base image has no uv to install them");
  if (plan.kind === "project" && !pythonVersionStated) return { kind: "project" };
  const fitting = facts.pythons.find(({ version }) => `${version}.`.startsWith(`${pythonVersion}.`));
  const [newest] = facts.pythons;
  const chosen = fitting ?? (pythonVersionStated ? undefined : newest);
  if (chosen) return { kind: "present", path: chosen.path };
  if (facts.uv) return { kind: "download", version: pythonVersion };
  const present = facts.pythons.map(({ version }) => version).join(", ") || "no Python";
  throw impossible(`python_version is ${pythonVersion}, but the base image has ${present}, and no uv to fetch another`);
}

function impossible(why: string): OkenError {
  return new OkenError("BUILD_FAILED", `Failed to build image: ${why}`);
}
