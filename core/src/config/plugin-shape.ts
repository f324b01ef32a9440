import { z } from "zod";
import { manifestSchema } from "../plugin/manifest.ts";

const callable = z.custom<(...args: never[]) => unknown>((value) => typeof value === "function", {
  error: "is no function",
});
const names = z.array(z.string()).optional();
const listed = z.array(z.object({ name: z.string(), summary: z.string().optional(), run: callable })).optional();

/** What a definition must be made of, so that nobody who reads it later has to look again. */
const definition = z.object({
  name: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, "must be lower-case words joined by hyphens"),
  manifest: manifestSchema.optional(),
  dependsOn: names,
  uses: names,
  options: z.instanceof(z.ZodObject, { error: "are no zod object" }).optional(),
  commands: listed,
  checks: listed,
  setup: callable.optional(),
});

/** What is wrong with a plugin's definition, if anything is. */
export function definitionProblem(value: object): string | undefined {
  const [issue] = definition.safeParse(value).error?.issues ?? [];
  return issue && `its ${issue.path.join(".")}: ${issue.message}`;
}
