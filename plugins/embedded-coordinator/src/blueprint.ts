import { type Agent, agentView } from "./agents.ts";
import type { Coordinator } from "./coordinator.ts";
import type { RunRow } from "./store/rows.ts";

/**
 * The agent as a poll delivers it: its view with the placeholders `${params.…}`, `${scope.…}`,
 * `${runtime.session_id}` and `${runtime.run_id}` replaced in every string value (protocol §1.4). Others stay, and
 * so does `${env.…}`: here the environment is that of the embedding process and none of an agent's business.
 */
export function resolveBlueprint(coordinator: Coordinator, agent: Agent, run: RunRow): Record<string, unknown> {
  const sources = {
    params: JSON.parse(run.parameters) as unknown,
    scope: run.scope === null ? {} : (JSON.parse(run.scope) as unknown),
    runtime: { session_id: run.session_id, run_id: run.run_id },
  };
  const view = agentView(coordinator, agent, { raw: false });
  return Object.fromEntries(Object.entries(view).map(([key, value]) => [key, substitute(value, sources)]));
}

function substitute(value: unknown, sources: Record<string, unknown>): unknown {
  if (typeof value === "string") {
    return value.replaceAll(/\$\{([^}]+)\}/g, (placeholder, path: string) => {
      const found = lookUp(sources, path.split("."));
      return found === undefined ? placeholder : textOf(found);
    });
  }
  if (Array.isArray(value)) return value.map((element) => substitute(element, sources));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, substitute(member, sources)]));
}

function lookUp(value: unknown, path: readonly string[]): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
  return lookUp(Object.entries(value).find(([name]) => name === key)?.[1], rest);
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
