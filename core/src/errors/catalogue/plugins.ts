import type { CatalogueEntry } from "./entry.ts";

/** Faults of plugins, of what they tap and of what they provide. */
export const plugins = {
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
  PLUGIN_API_INVALID: {
    message: 'plugin "{plugin}" says apiVersion {given}, which is no whole number',
    fix: "Its author writes apiVersion: {newest} into definePlugin, or the older version that it was written for.",
  },
  PLUGIN_API_NEWER: {
    message:
      'plugin "{plugin}" needs plugin API {wanted}, but leasehold {version} has {newest} at most: leasehold is behind',
    fix: "Update leasehold (npm install leasehold@latest), or install an older version of the plugin.",
  },
  PLUGIN_API_OLDER: {
    message:
      'plugin "{plugin}" was written for plugin API {wanted}, but leasehold {version} serves {oldest} to {newest}: the plugin is behind',
    fix: "Update the plugin, or stay with a leasehold that serves it; its changelog names what has changed.",
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
} as const satisfies Record<string, CatalogueEntry>;
