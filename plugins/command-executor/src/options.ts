import { looksSecret, z } from "leasehold";

const variableName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "is no name of an environment variable");

/** Variables by the name of who gets to see them. */
const grantees = z.record(z.string(), z.array(variableName));

/** What everybody gets to see cannot be secret. */
const publicVariable = variableName.refine((name) => !looksSecret(name), {
  error: ({ input }) =>
    `${String(input)} looks secret by its name, and pass shows it to every agent: grant it to those that need it, in environment.grants`,
});

/** The options of the command executor. */
export const options = z.strictObject({
  background: z.enum(["end", "keep"]).default("end").meta({
    env: "COMMAND_BACKGROUND",
    description: "What happens to processes that a command leaves behind when it exits by itself",
  }),
  brokers: z.number().int().min(0).max(64).default(8).meta({
    env: "COMMAND_BROKERS",
    description:
      "How many small processes, of some 15 MB each, may start commands for the runner while there are many to start; 0 has it start them itself",
  }),
  environment: z
    .strictObject({
      pass: z.array(publicVariable).default([]).meta({
        description: "Variables of the runner that commands get to see beside the allow-list",
      }),
      grants: z
        .strictObject({ agents: grantees.default({}), profiles: grantees.default({}) })
        .prefault({})
        .meta({ description: "Variables of the runner that single agents or profiles get to see" }),
      set: z.record(variableName, z.string()).default({}).meta({
        description: "Variables with fixed values",
      }),
    })
    .prefault({})
    .meta({ description: "What is added to the environment of commands" }),
});
