import { LeaseholdError } from "../errors/leasehold-error.ts";
import type { RunnerSpec } from "../runner-api.ts";
import type { RunnerParts } from "../runner-parts.ts";
import { localSource } from "../sources/local-source.ts";
import type { LeaseSource } from "../sources/source.ts";
import { version } from "../version.ts";
import type { PluginContext } from "./plugin.ts";

/** The doors of one plugin, and nothing else of the runner. */
export function contextFor(plugin: string, parts: RunnerParts, spec: RunnerSpec): PluginContext {
  const { board, services, ledger, sources, profiles, telemetry } = parts;
  const context: PluginContext = {
    hooks: board.facadeFor(plugin),
    services: services.facadeFor(plugin),
    resources: {
      own: (claim) => ledger.own({ type: "plugin", plugin }, claim),
      handle: (kind, handler) => ledger.handle(plugin, kind, handler),
    },
    sources: { add: (source) => void sources.push({ plugin, source: checkSource(source, parts) }) },
    profiles: {
      add: (profile) => profiles.add(plugin, profile),
      all: () => profiles.all(),
      active: () => profiles.active(),
    },
    telemetry: {
      subscribe: (listener) => telemetry.subscribe(listener),
      note: (note, details = {}) => {
        if (telemetry.listening) telemetry.tell({ type: "note", plugin, note, details });
      },
    },
    secrets: parts.secrets.runner,
    log: parts.log.child({ plugin }),
    runner: { version, projectDir: spec.options.projectDir },
  };
  return Object.freeze(context);
}

function checkSource(source: LeaseSource, { sources, board }: RunnerParts): LeaseSource {
  const fault = (problem: string) => new LeaseholdError("SOURCE_INVALID", { source: source.name, problem });
  if (!board.open) throw fault("it was added after the setup; add sources in setup only");
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(source.name)) throw fault("its name must be lower-case words joined by hyphens");
  if (source.name === localSource.name || sources.some((other) => other.source.name === source.name))
    throw fault("the name is taken");
  if (!Number.isInteger(source.slots) || source.slots < 1)
    throw fault(`slots is ${source.slots}; it must be at least 1`);
  if (source.delivery === "durable" && !source.deliver) throw fault("a durable source must be able to deliver");
  return source;
}
