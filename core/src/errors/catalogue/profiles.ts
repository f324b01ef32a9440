import type { CatalogueEntry } from "./entry.ts";

/** Faults of profiles. */
export const profiles = {
  PROFILE_UNKNOWN: {
    message: 'there is no profile "{profile}"; profiles: {profiles}',
    fix: "Choose one of these with --profile or PROFILE.",
  },
  PROFILE_DUPLICATE: {
    message: 'two profiles are named "{profile}"',
    fix: "Rename or remove one of them.",
  },
  PROFILE_INVALID: {
    message: 'profile "{profile}" is invalid: {problem}',
    fix: "Mend the profile.",
  },
} as const satisfies Record<string, CatalogueEntry>;
