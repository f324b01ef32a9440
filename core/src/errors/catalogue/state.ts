import type { CatalogueEntry } from "./entry.ts";

/** Faults of what a runner has started and of what it keeps on disk. */
export const state = {
  RESOURCE_HANDLER_DUPLICATE: {
    message: 'resources of kind "{kind}" are handled by "{first}" and by "{second}"',
    fix: "Remove one of the plugins.",
  },
  RESOURCE_UNHANDLED: {
    message: 'nobody handles resources of kind "{kind}"',
    fix: "Register a handler with resources.handle before owning one.",
  },
  RESOURCE_REFUSED: {
    message: 'resource {kind} {id} is refused: its owner "{owner}" has ended',
    fix: "Own resources only while the run is under way, and let signals end what waits to start.",
  },
  RESOURCE_STUCK: {
    message: 'plugin "{plugin}" did not end {kind} {id} within {seconds} s',
    fix: "It counts as alive and its slot is set aside; end it by hand and restart the runner.",
  },
  JOURNAL_FAILED: {
    message: "the run was not started, for the journal could not be written: {problem}",
    fix: "Mend what the cause names (space, permissions), then send the run again.",
  },
  STATE_DIR_UNUSABLE: {
    message: "the state directory {directory} cannot be used: {problem}",
    fix: 'Let this user write there, name another with LEASEHOLD_STATE_DIR, or do without: journal: "memory" (LEASEHOLD_JOURNAL) forgets runs and results when the runner dies.',
  },
  STATE_DIR_LOCKED: {
    message: "another runner works with the state directory {directory}",
    fix: "End it, or give this one a state directory of its own with LEASEHOLD_STATE_DIR.",
  },
  JOURNAL_MISSING: {
    message: "there is no journal in {directory}",
    fix: "Name the runner's own profile, project or state directory; a runner that has leased has a journal there.",
  },
  JOURNAL_RUN_UNKNOWN: {
    message: 'the journal in {directory} knows no run "{run}"',
    fix: "Name one that leasehold journal ls shows.",
  },
} as const satisfies Record<string, CatalogueEntry>;
