import { didYouMean } from "../../errors/nearest.ts";
import type { JsonObject } from "../../json/value.ts";
import { propertiesOf, schemaOf, typeOf } from "./parameter-kind.ts";
import { readWords } from "./read-words.ts";
import { toJson } from "./to-json.ts";
import { validate } from "./validate.ts";

/** Parameters as JSON text, or everything that is wrong with them. */
export type ParsedArguments = { readonly parametersText: string } | { readonly problems: readonly string[] };

/**
 * Turns the words after an agent's name into its parameters, typed by its schema. A parameter that the schema does not name
 * is taken only where the schema says that it takes others, or names none at all.
 */
export function parseAgentArguments(words: readonly string[], schema: JsonObject | undefined): ParsedArguments {
  const read = readWords(words, (name) => typeOf(schemaOf(schema, name)).kind);
  const problems = [...read.problems];
  const unusable = new Set(read.unusable);
  const members: string[] = [];
  for (const [name, texts] of read.given) {
    const problem = addMember(name, texts, schema, members);
    if (problem === undefined) continue;
    unusable.add(name);
    problems.push(problem);
  }
  const parametersText = `{${members.join(",")}}`;
  for (const { parameter, problem } of validate(JSON.parse(parametersText), schema ?? {}))
    if (parameter === undefined || !unusable.has(parameter)) problems.push(problem);
  return problems.length > 0 ? { problems } : { parametersText };
}

function addMember(
  name: string,
  texts: readonly (string | true)[],
  schema: JsonObject | undefined,
  members: string[],
): string | undefined {
  const known = schemaOf(schema, name);
  if (known === undefined) {
    const names = Object.keys(propertiesOf(schema)).map((property) => `--${property}`);
    return `there is no parameter --${name}${didYouMean(`--${name}`, names)}`;
  }
  const converted = toJson(texts, known);
  if ("problem" in converted) return `--${name}: ${converted.problem}`;
  members.push(`${JSON.stringify(name)}:${converted.json}`);
  return undefined;
}
