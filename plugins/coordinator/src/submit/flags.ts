import { z } from "leasehold";

/** What `leasehold submit` takes beside the agent and its parameters. */
export const flags = z.strictObject({
  json: z.boolean().default(false).meta({
    flag: "--json",
    description: "Print one JSON document: run_id, session_id, status, result, error",
  }),
  wait: z.boolean().default(true).meta({ flag: "--no-wait", description: "Print the ids and end at once" }),
  in: z.string().min(1).optional().meta({
    flag: "--in <directory>",
    description: "Project directory of the run, on the runner's machine. Default: the runner's own",
  }),
});

export type Flags = z.output<typeof flags>;
