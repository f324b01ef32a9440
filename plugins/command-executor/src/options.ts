import { z } from "leasehold";

const variableName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "is no name of an environment variable");

/** The options of the command executor. */
export const options = z.strictObject({
  background: z.enum(["end", "keep"]).default("end").meta({
    env: "COMMAND_BACKGROUND",
    description: "What happens to processes that a command leaves behind when it exits by itself",
  }),
  environment: z
    .strictObject({
      pass: z.array(variableName).default([]).meta({
        description: "Variables of the runner that commands get to see beside the allow-list",
      }),
      set: z.record(variableName, z.string()).default({}).meta({
        description: "Variables with fixed values",
      }),
    })
    .prefault({})
    .meta({ description: "What is added to the environment of commands" }),
});
