import { z } from "zod";

/** The schema below defaults, optionality and pipes: what a text must become. */
export function innermost(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodPipe) {
    const input = schema.def.in as z.ZodType;
    return innermost(input instanceof z.ZodTransform ? (schema.def.out as z.ZodType) : input);
  }
  const inner = wrapped(schema);
  return inner ? innermost(inner) : schema;
}

/** The schema that a default, an optionality or the like is wrapped around. */
export function wrapped(schema: z.ZodType): z.ZodType | undefined {
  if (
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNonOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodCatch ||
    schema instanceof z.ZodReadonly
  )
    return schema.def.innerType as z.ZodType;
  return undefined;
}

/** Whether a value of this schema can be written in one environment variable or flag. */
export function isTextual(schema: z.ZodType): boolean {
  const type = innermost(schema);
  if (type instanceof z.ZodArray) return isTextual(type.element as z.ZodType) && !isList(type.element as z.ZodType);
  return !(type instanceof z.ZodObject || type instanceof z.ZodRecord || type instanceof z.ZodMap);
}

export function isBoolean(schema: z.ZodType): boolean {
  return innermost(schema) instanceof z.ZodBoolean;
}

export function isList(schema: z.ZodType): boolean {
  return innermost(schema) instanceof z.ZodArray;
}
