import { isJsonObject, type JsonObject, type JsonValue } from "../../json/value.ts";

/** How the text of a parameter is to be read; `any` takes JSON where the text is JSON, and plain text otherwise. */
export type Kind = "string" | "integer" | "number" | "boolean" | "array" | "object" | "any";

export interface ParameterType {
  readonly kind: Kind;
  /** Whether the word `null` stands for null. */
  readonly nullable: boolean;
}

const KINDS: readonly string[] = ["string", "integer", "number", "boolean", "array", "object"] satisfies Kind[];

/** The type that a property's schema gives it. */
export function typeOf(schema: JsonValue | undefined): ParameterType {
  if (!isJsonObject(schema)) return { kind: "any", nullable: false };
  const types = [schema["type"] ?? []].flat().filter((type) => typeof type === "string");
  const [only, ...others] = types.filter((type) => type !== "null");
  if (only === undefined) return { kind: allStrings(schema) ? "string" : "any", nullable: false };
  if (others.length > 0 || !isKind(only)) return { kind: "any", nullable: false };
  return { kind: only, nullable: types.length > 1 && only !== "string" };
}

/** The properties that a parameters schema names. */
export function propertiesOf(schema: JsonObject | undefined): JsonObject {
  const properties = schema?.["properties"];
  return isJsonObject(properties) ? properties : {};
}

/** The schema of one parameter; undefined when the schema has no room for it. */
export function schemaOf(schema: JsonObject | undefined, name: string): JsonValue | undefined {
  const properties = propertiesOf(schema);
  if (Object.hasOwn(properties, name)) return properties[name];
  const patterns = schema?.["patternProperties"];
  for (const [pattern, matched] of Object.entries(isJsonObject(patterns) ? patterns : {}))
    if (matches(pattern, name)) return matched;
  const others = schema?.["additionalProperties"];
  if (others !== undefined) return others === false ? undefined : others;
  return Object.keys(properties).length === 0 ? true : undefined;
}

/** A pattern that is no regular expression is for the validator to complain about. */
function matches(pattern: string, name: string): boolean {
  try {
    return new RegExp(pattern, "u").test(name);
  } catch {
    return false;
  }
}

function allStrings(schema: JsonObject): boolean {
  const values = schema["enum"] ?? (schema["const"] === undefined ? [] : [schema["const"]]);
  return Array.isArray(values) && values.length > 0 && values.every((value) => typeof value === "string");
}

function isKind(type: string): type is Kind {
  return KINDS.includes(type);
}
