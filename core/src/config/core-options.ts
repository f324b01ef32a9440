import { z } from "zod";
import type {} from "./option-meta.ts";

/** The runner's own options; plugins bring theirs. */
export const coreOptions = z.strictObject({
  projectDir: z.string().min(1).default(".").meta({
    env: "PROJECT_DIR",
    flag: "-p, --project-dir <directory>",
    description: "Where runs work by default; part of the runner's identity. Default: the current directory",
  }),
  projectRoots: z.array(z.string().min(1)).optional().meta({
    description: "Directories under which a run's own project directory must lie. Default: the project directory",
  }),
  profile: z.string().min(1).optional().meta({
    env: "PROFILE",
    flag: "-x, --profile <name>",
    description: "The active profile. Default: the first one configured",
  }),
  profilesDir: z.string().min(1).optional().meta({
    description: "Directory of profile files in the AOF runner's form (profiles/<name>.json)",
  }),
  timeoutSeconds: z.number().positive().max(2_000_000).default(300).meta({
    unit: "seconds",
    description: "Deadline of runs whose agent and profile set none",
  }),
  graceSeconds: z.number().nonnegative().max(3_600).default(5).meta({
    unit: "seconds",
    description: "Time between SIGTERM and SIGKILL when something is ended",
  }),
  drainTimeoutSeconds: z.number().nonnegative().max(2_000_000).default(3).meta({
    env: "LEASEHOLD_DRAIN_TIMEOUT",
    flag: "--drain-timeout <seconds>",
    unit: "seconds",
    description: "How long running work may go on after the first SIGINT or SIGTERM before it is stopped",
  }),
  shutdownSeconds: z.number().positive().max(2_000_000).optional().meta({
    env: "LEASEHOLD_SHUTDOWN_SECONDS",
    unit: "seconds",
    description:
      "Time from the first SIGINT or SIGTERM to the exit, shared by drain, grace, delivery, deregistration and teardown; not more than the container engine or service manager gives before it kills. Default: drainTimeoutSeconds + graceSeconds + 15",
  }),
  outputBytes: z
    .int()
    .positive()
    .default(8 * 1024 * 1024)
    .meta({ unit: "bytes", description: "Bytes kept of each output stream of a run" }),
  stateDir: z.string().min(1).optional().meta({
    env: "LEASEHOLD_STATE_DIR",
    description:
      "Directory of the journal and of the lock that keeps two runners apart. Default: .leasehold/<profile> in the project directory",
  }),
  journal: z.enum(["durable", "memory"]).default("durable").meta({
    env: "LEASEHOLD_JOURNAL",
    description: "memory forgets unfinished runs and undelivered results when the runner dies, and needs no directory",
  }),
  redactResults: z.boolean().default(false).meta({
    env: "LEASEHOLD_REDACT_RESULTS",
    description: "Mask in results what is secret in their run as well, not only the runner's own credentials",
  }),
  verbose: z.boolean().default(false).meta({
    env: "VERBOSE",
    flag: "-v, --verbose",
    description: "Log at debug level",
  }),
});

/** The options as the runner uses them: directories absolute. */
export interface CoreOptions extends z.output<typeof coreOptions> {
  readonly projectRoots: string[];
}
