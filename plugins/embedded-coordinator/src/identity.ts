import { createHash, randomUUID } from "node:crypto";

/** The four properties that make a runner itself; two runners that share all four share one id. */
export type Identity = {
  hostname: string;
  project_dir: string;
  executor_profile: string;
  executor?: Record<string, unknown> | null | undefined;
};

/** A runner's id, derived from its identity alone (protocol §1.1). */
export function runnerId(identity: Identity): string {
  const key = `${identity.hostname}:${identity.project_dir}:${identity.executor_profile}:${commandOf(identity)}`;
  return `lnch_${createHash("sha256").update(key, "utf8").digest("hex").slice(0, 12)}`;
}

/** A fresh id: the prefix, an underscore and twelve hexadecimal digits. */
export function freshId(prefix: "run" | "ses"): string {
  // The end of a UUID is random, and comes from a store of randomness that is filled for many at once.
  return `${prefix}_${randomUUID().slice(-12)}`;
}

function commandOf({ executor }: Identity): string {
  if (!executor || !Object.hasOwn(executor, "command")) return "";
  // The reference formats the value as Python does, and Python's null is called None.
  return executor["command"] === null ? "None" : String(executor["command"]);
}
