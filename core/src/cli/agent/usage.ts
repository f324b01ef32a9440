import { isJsonObject } from "../../json/value.ts";
import type { Agent } from "../../run/agent.ts";
import { propertiesOf, typeOf } from "./parameter-kind.ts";

/** How to call an agent: `leasehold run <agent> --help`. `command` is what the agent's name follows. */
export function describeAgent(
  agent: Pick<Agent, "name" | "description" | "parametersSchema">,
  command = "run",
): string {
  const required = agent.parametersSchema?.["required"];
  const lines = Object.entries(propertiesOf(agent.parametersSchema)).map(([name, schema]) => {
    const { kind } = typeOf(schema);
    const value = kind === "boolean" ? "" : ` <${kind}>`;
    const description = isJsonObject(schema) && typeof schema["description"] === "string" ? schema["description"] : "";
    const must = Array.isArray(required) && required.includes(name) ? "(required)" : "";
    return [`  --${name}${value}`.padEnd(32), description, must].filter(Boolean).join(" ").trimEnd();
  });
  const parameters = lines.length > 0 ? ["Parameters:", ...lines] : ["It names no parameters."];
  return `${[`Usage: leasehold ${command} ${agent.name} [--parameter value …]`, "", agent.description ?? "", "", ...parameters].join("\n")}\n`;
}
