interface CatalogueEntry {
  /** What happened, in a sentence whose `{placeholders}` the thrower fills in. */
  readonly message: string;
  /** What the reader can do about it. */
  readonly fix: string;
}

/** Every error of the core: its code, its sentence and what to do. `docs/errors.md` is generated from this table. */
export const catalogue = {
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
  PLUGIN_INVALID: {
    message: "{where} is not a plugin: {problem}",
    fix: "List what a plugin's factory returns, as in plugins: [coordinator()].",
  },
  PLUGIN_DUPLICATE: {
    message: 'two plugins are named "{plugin}"',
    fix: "Remove one of them from the list of plugins.",
  },
  PLUGIN_MISSING: {
    message: 'plugin "{plugin}" depends on "{dependency}", which is not configured{suggestion}',
    fix: 'Add "{dependency}" to the list of plugins.',
  },
  PLUGIN_CYCLE: {
    message: "plugins depend on each other in a circle: {cycle}",
    fix: "Remove one of these dependencies.",
  },
  PLUGIN_API_VERSION: {
    message: 'plugin "{plugin}" was written for plugin API {wanted}; this core has {present}',
    fix: "Install a version of the plugin, or of leasehold, that fits the other.",
  },
  CORE_COPIES: {
    message: "two copies of {package} are loaded: {copies}",
    fix: "Deduplicate it (npm ls {package}); plugins name it as a peer dependency.",
  },
  SETUP_FAILED: {
    message: 'setup of plugin "{plugin}" failed: {problem}',
    fix: "See the cause; the plugin's documentation names what its setup needs.",
  },
  SETUP_LATE: {
    message: 'setup of plugin "{plugin}" did not end within {seconds} s',
    fix: "Long work belongs into a lease source's start, not into setup.",
  },
  TEARDOWN_FAILED: {
    message: 'teardown of plugin "{plugin}" failed: {problem}',
    fix: "The other plugins were torn down; see the cause.",
  },
  TEARDOWN_LATE: {
    message: 'teardown of plugin "{plugin}" did not end within {seconds} s',
    fix: "The other plugins were torn down; something of this plugin may still be open.",
  },
  HOOK_UNKNOWN: {
    message: 'there is no hook "{hook}"{suggestion}',
    fix: "The hooks are {hooks}.",
  },
  HOOK_TAP_INVALID: {
    message: "{hook} was tapped with {problem}",
    fix: "Pass a function, and for options what the hook's documentation names.",
  },
  HOOK_TAP_LATE: {
    message: "{hook} was tapped after the setup",
    fix: "Tap hooks in setup only.",
  },
  EXECUTOR_CONFLICT: {
    message: 'plugins {plugins} both execute entrypoints of kind "{kind}"',
    fix: 'Give all but one of the taps an order ("first" or "last").',
  },
  TAP_FAILED: {
    message: 'plugin "{plugin}" failed in {hook}: {problem}',
    fix: "The original error is the cause.",
  },
  ENTRYPOINT_UNRESOLVED: {
    message: 'nobody can run agent "{agent}" ({asked})',
    fix: "Configure an executor plugin for it, or mend the agent's definition.",
  },
  ENTRYPOINT_UNEXECUTED: {
    message: 'no executor took the entrypoint of kind "{kind}" (kinds with an executor: {kinds})',
    fix: "Configure the plugin that executes this kind.",
  },
  EXECUTOR_STUCK: {
    message: 'plugin "{plugin}" gave no outcome within {seconds} s after the run was told to end, in {hook}',
    fix: "Its resources were ended and the slot is set aside; restart the runner to get the slot back.",
  },
  RUN_FAILED: {
    message: "{problem}",
    fix: "See the run's log; an executor said so without a code of its own.",
  },
  RUN_STOPPED: {
    message: "{problem}",
    fix: "Nothing; the run was told to end.",
  },
  RUN_TIMEOUT: {
    message: "the run took longer than {seconds} s",
    fix: "Raise the timeout of the agent, of its profile, or timeoutSeconds in runner.config.ts.",
  },
  RUN_REFUSED: {
    message: 'plugin "{plugin}" refused the run: {problem}',
    fix: "Change what the refusal names.",
  },
  RUN_INVALID: {
    message: "{problem}",
    fix: "Mend the request that created the run.",
  },
  RUNNER_CLOSING: {
    message: "the runner is shutting down and takes no more runs",
    fix: "Send the run again, to a runner that is up.",
  },
  SHUTDOWN_TOO_SHORT: {
    message:
      "shutdownSeconds is {shutdownSeconds}, but drainTimeoutSeconds ({drainTimeoutSeconds}), graceSeconds ({graceSeconds}) and {rest} s to deliver and to deregister come to {least}",
    fix: "Lower drainTimeoutSeconds or graceSeconds, or raise shutdownSeconds together with the time that your container engine or service manager gives.",
  },
  SLOTS_QUARANTINED: {
    message:
      'all {slots} slots of lease source "{source}" are set aside, because something of their runs may be alive: it gets no more work',
    fix: "End what the kill receipts name, and restart the runner.",
  },
  PROJECT_DIR_REFUSED: {
    message: "project directory {directory} lies outside the project roots ({roots})",
    fix: "Add its parent to projectRoots in runner.config.ts, or ask for another directory.",
  },
  PROJECT_DIR_MISSING: {
    message: "the project directory {directory} is not there, or is no directory",
    fix: "Create it, or ask for another directory.",
  },
  SERVICE_DUPLICATE: {
    message: 'service "{service}" is provided by "{first}" and by "{second}"',
    fix: "Remove one of the plugins, or let the second use services.override.",
  },
  SERVICE_MISSING: {
    message: 'nobody provides the service "{service}"',
    fix: "Add the plugin that provides it, and name it in dependsOn.",
  },
  SERVICE_CYCLE: {
    message: "services need each other in a circle: {cycle}",
    fix: "Let one of them get the other when it is used, not when it is built.",
  },
  SERVICE_IN_USE: {
    message: 'service "{service}" is overridden by "{plugin}" after it was first used by "{user}"',
    fix: 'Put "{plugin}" before "{user}" in the list of plugins.',
  },
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
  AGENT_UNKNOWN: {
    message: 'there is no agent "{agent}"; agents: {agents}',
    fix: "Name one of these.",
  },
  PARAMETERS_INVALID: {
    message: 'agent "{agent}": {problem}',
    fix: "Mend the parameters; the agent's schema names what it takes.",
  },
} as const satisfies Record<string, CatalogueEntry>;

export type ErrorCode = keyof typeof catalogue;
