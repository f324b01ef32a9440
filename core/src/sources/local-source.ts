import type { LeaseSource } from "./source.ts";

/** Runs that come from no source: `leasehold run`. */
export const localSource: LeaseSource = {
  name: "local",
  delivery: "attached",
  slots: Number.POSITIVE_INFINITY,
  start: async () => undefined,
};
