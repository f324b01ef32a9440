import { z } from "zod";
import { innermost } from "./option-type.ts";

/** What a text stands for, or why it stands for nothing of the wanted type. */
export type Coerced = { readonly value: unknown } | { readonly problem: string };

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ["true", true],
  ["1", true],
  ["yes", true],
  ["on", true],
  ["false", false],
  ["0", false],
  ["no", false],
  ["off", false],
]);

/** Turns the text of a variable or flag into what the schema's innermost type wants; the schema itself still has to check it. */
export function coerce(text: string, schema: z.ZodType): Coerced {
  const type = innermost(schema);
  if (type instanceof z.ZodNumber) return toNumber(text.trim());
  if (type instanceof z.ZodBoolean) return toBoolean(text.trim());
  if (type instanceof z.ZodArray) return toList(text, type.element as z.ZodType);
  if (type instanceof z.ZodUnion) return toFirstFit(text, type.options as readonly z.ZodType[]);
  if (type instanceof z.ZodLiteral) return toLiteral(text, type);
  return { value: text };
}

function toNumber(text: string): Coerced {
  const value = NUMBER.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(value) ? { value } : { problem: "it is not a number" };
}

function toBoolean(text: string): Coerced {
  const value = BOOLEANS.get(text.toLowerCase());
  return value === undefined ? { problem: `it is not one of ${[...BOOLEANS.keys()].join(", ")}` } : { value };
}

function toList(text: string, element: z.ZodType): Coerced {
  const items = text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
  const coerced = items.map((item) => coerce(item, element));
  const wrong = coerced.findIndex((item) => "problem" in item);
  if (wrong >= 0) return { problem: `item ${wrong + 1}: ${(coerced[wrong] as { problem: string }).problem}` };
  return { value: coerced.map((item) => (item as { value: unknown }).value) };
}

function toFirstFit(text: string, options: readonly z.ZodType[]): Coerced {
  for (const option of options) {
    const coerced = coerce(text, option);
    if ("value" in coerced && option.safeParse(coerced.value).success) return coerced;
  }
  return { value: text };
}

function toLiteral(text: string, type: z.ZodLiteral): Coerced {
  const literal = [...type.values].find((value) => String(value) === text);
  return { value: literal === undefined ? text : literal };
}
