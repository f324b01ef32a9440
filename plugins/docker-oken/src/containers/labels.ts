import { createHash } from "node:crypto";

/** The reference runner's label (spec §3.7). */
export const AGENT_LABEL = "oken.agent_id";
/** Which runner the container belongs to; a runner never touches another's (OKEN-D21). */
export const INSTANCE_LABEL = "oken.instance";
/** Counts the deployments of an agent. */
export const VERSION_LABEL = "oken.version";
/** Digest of image and settings. */
export const CONFIG_LABEL = "oken.config";

/** A digest that changes with anything a container is made from, but for its environment. */
export function configHash(parts: object): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 16);
}
