import { z } from "leasehold";

const MEBIBYTE = 1024 * 1024;

/** The options of the script executor. */
export const options = z.strictObject({
  readyTimeoutSeconds: z.number().positive().max(86_400).default(60).meta({
    env: "SCRIPT_READY_TIMEOUT",
    unit: "seconds",
    description: "How long a run waits for the newest version of its script before it fails",
  }),
  downloadTimeoutSeconds: z.number().positive().max(86_400).default(120).meta({
    unit: "seconds",
    description: "How long one attempt to fetch a script may take",
  }),
  parallelSyncs: z.int().positive().max(64).default(4).meta({
    unit: "scripts",
    description: "How many scripts are fetched at once",
  }),
  archiveBytes: z
    .int()
    .positive()
    .default(32 * MEBIBYTE)
    .meta({
      unit: "bytes",
      description: "The largest archive that is taken",
    }),
  expandedBytes: z
    .int()
    .positive()
    .default(256 * MEBIBYTE)
    .meta({
      unit: "bytes",
      description: "The most that an archive may expand to",
    }),
  entries: z.int().positive().default(10_000).meta({
    unit: "entries",
    description: "The most files, folders and links in a script",
  }),
  pathBytes: z.int().positive().max(4_096).default(1_024).meta({
    unit: "bytes",
    description: "The longest path inside a script",
  }),
});
