import { isJsonObject, type JsonObject, type JsonValue } from "leasehold";

/** Values for the parameters that a schema requires, as good as its types tell. */
export function exampleParameters(schema: JsonObject): JsonObject {
  const properties = isJsonObject(schema["properties"]) ? schema["properties"] : {};
  const required = Array.isArray(schema["required"]) ? schema["required"] : [];
  const names = required.filter((name) => typeof name === "string");
  return Object.fromEntries(names.map((name) => [name, exampleValue(properties[name])]));
}

function exampleValue(schema: JsonValue | undefined): JsonValue {
  if (!isJsonObject(schema)) return "hello";
  const { type, enum: choices, default: fallback, const: only, examples, minimum } = schema;
  const offered = [only, fallback, ...listOf(examples), ...listOf(choices)].find((value) => value !== undefined);
  if (offered !== undefined) return offered;
  switch ([type].flat().find((one) => one !== "null")) {
    case "integer":
    case "number":
      return typeof minimum === "number" ? minimum : 1;
    case "boolean":
      return true;
    case "array":
      return [];
    case "object":
      return exampleParameters(schema);
    default:
      return "hello";
  }
}

function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : [];
}
