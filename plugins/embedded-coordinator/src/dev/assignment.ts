import { z } from "leasehold";

/** What a runner in a process of its own is told by the process that serves the coordinator. */
export const assignment = z.object({
  url: z.url(),
  /** Tells runners apart that live at the same time. */
  hostname: z.string().min(1),
  /** Absolute path of the configuration file, whose local imports are watched. */
  configFile: z.string().min(1),
});

export type Assignment = z.output<typeof assignment>;

export const ASSIGNMENT_VARIABLE = "LEASEHOLD_DEV_RUNNER";

/** What the parent says: let running work end, however long it takes; end within the drain's time; end now. */
export const order = z.enum(["retire", "end", "stop"]);

export type Order = z.output<typeof order>;

/** What the child says: files that it is made from. */
export const news = z.object({ files: z.array(z.string()) });

export type News = z.output<typeof news>;

/** The assignment of this process; nothing when it is no runner's process. */
export function readAssignment(): Assignment | undefined {
  const text = process.env[ASSIGNMENT_VARIABLE];
  return text === undefined || !process.send ? undefined : assignment.parse(JSON.parse(text));
}
