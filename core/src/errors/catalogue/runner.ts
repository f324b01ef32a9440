import type { CatalogueEntry } from "./entry.ts";

/** Faults of a runner, its slots and its sources. */
export const runner = {
  RUNNER_CLOSING: {
    message: "the runner is shutting down and takes no more runs",
    fix: "Send the run again, to a runner that is up.",
  },
  SLOTS_QUARANTINED: {
    message:
      'all {slots} slots of lease source "{source}" are set aside, because something of their runs may be alive: it gets no more work',
    fix: "End what the kill receipts name, and restart the runner.",
  },
  RUNNER_RESTARTED: {
    message: "runner restarted",
    fix: "Send the run again; the runner died while it was under way, and what was left of it was ended.",
  },
  REPORT_FAILED: {
    message: 'lease source "{source}" could not put the outcome ({status}) into a report: {problem}',
    fix: "Mend the source's reports, or the plugin whose outcome it cannot report.",
  },
  SOURCE_INVALID: {
    message: 'lease source "{source}": {problem}',
    fix: "Mend the plugin that adds it.",
  },
  SOURCE_FAILED: {
    message: 'lease source "{source}" failed: {problem}',
    fix: "See the cause.",
  },
  STRAY_ERROR: {
    message: "an error that nobody caught ended the runner: {problem}",
    fix: "Run it again with --verbose to see where it comes from: a promise that nobody awaits, or an event without a listener.",
  },
  OUTPUT_LOST: {
    message: "standard output could not be written: {problem}",
    fix: "Make room where it goes, or send it elsewhere.",
  },
} as const satisfies Record<string, CatalogueEntry>;
