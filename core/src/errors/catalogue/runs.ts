import type { CatalogueEntry } from "./entry.ts";

/** Why a run did not succeed. */
export const runs = {
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
  PROJECT_DIR_REFUSED: {
    message: "project directory {directory} lies outside the project roots ({roots})",
    fix: "Add its parent to projectRoots in runner.config.ts, or ask for another directory.",
  },
  PROJECT_DIR_MISSING: {
    message: "the project directory {directory} is not there, or is no directory",
    fix: "Create it, or ask for another directory.",
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
