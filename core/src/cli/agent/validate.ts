import { createRequire } from "node:module";
import type { ErrorObject } from "ajv";
import { messageOf } from "../../errors/leasehold-error.ts";
import type { JsonObject } from "../../json/value.ts";

const require = createRequire(import.meta.url);

/** What is wrong with parameters: a sentence, and the parameter where there is one. */
export interface ParameterProblem {
  readonly parameter: string | undefined;
  readonly problem: string;
}

/** Checks parameters against a JSON Schema (draft-07). */
export function validate(parameters: unknown, schema: JsonObject): ParameterProblem[] {
  // Loaded when something is to be checked, which a runner never does.
  const { Ajv } = require("ajv") as typeof import("ajv");
  const ajv = new Ajv({ allErrors: true, strict: false, validateFormats: false, logger: false });
  const { $schema: _, ...rules } = schema;
  try {
    const check = ajv.compile(rules);
    return check(parameters) ? [] : (check.errors ?? []).map(describe);
  } catch (error) {
    return [{ parameter: undefined, problem: `its parameters schema cannot be used: ${messageOf(error)}` }];
  }
}

function describe(error: ErrorObject): ParameterProblem {
  const [parameter, ...inner] = error.instancePath.split("/").slice(1).map(unescapePointer);
  const place = inner.length > 0 ? ` at ${inner.join(".")}` : "";
  if (parameter !== undefined) return { parameter, problem: `--${parameter}${place} ${sentence(error)}` };
  const missing: unknown = error.keyword === "required" ? error.params["missingProperty"] : undefined;
  if (typeof missing === "string") return { parameter: missing, problem: `--${missing} is required` };
  return { parameter: undefined, problem: `the parameters ${sentence(error)}` };
}

function sentence({ keyword, params, message = "are not valid" }: ErrorObject): string {
  if (keyword === "enum") return `must be one of ${(params["allowedValues"] as unknown[]).map(String).join(", ")}`;
  if (keyword === "const") return `must be ${JSON.stringify(params["allowedValue"])}`;
  return message;
}

function unescapePointer(part: string): string {
  return part.replaceAll("~1", "/").replaceAll("~0", "~");
}
