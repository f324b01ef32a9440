import type { CatalogueEntry } from "./entry.ts";

/** Faults of the configuration. */
export const configuration = {
  CONFIG_NOT_FOUND: {
    message: "no runner.config.ts in {directory} or above",
    fix: "Create one, or name it with --config FILE.",
  },
  CONFIG_UNREADABLE: {
    message: "{file} could not be loaded: {problem}",
    fix: "Mend the file, or install the packages that it imports; Node itself loads it, so only erasable TypeScript works.",
  },
  CONFIG_INVALID: {
    message: "{where}: {problem}",
    fix: "Mend the value where it comes from.",
  },
  NAME_TAKEN: {
    message: "{what} is claimed by {first} and by {second}",
    fix: "Remove one of the two, or rename what it claims.",
  },
  SECRET_TOO_LONG: {
    message: "{name} is a secret of {length} characters; no more than {most} can be masked",
    fix: "Keep what is long in a file, and register or grant what opens it: its path, a key or a password.",
  },
  SHUTDOWN_TOO_SHORT: {
    message:
      "shutdownSeconds is {shutdownSeconds}, but drainTimeoutSeconds ({drainTimeoutSeconds}), graceSeconds ({graceSeconds}) and {rest} s to deliver and to deregister come to {least}",
    fix: "Lower drainTimeoutSeconds or graceSeconds, or raise shutdownSeconds together with the time that your container engine or service manager gives.",
  },
} as const satisfies Record<string, CatalogueEntry>;
