import type { DirectoryLock, PluginContext, Resource, ResourceHandler } from "leasehold";
import type { Agents } from "./agents/agents.ts";
import { CONTAINER_KIND } from "./agents/claims.ts";
import { lockDataDirectory } from "./data-lock.ts";
import type { OkenOptions } from "./options.ts";

export interface RunningAgentsParts extends Pick<PluginContext, "resources" | "telemetry" | "secrets" | "log"> {
  readonly options: OkenOptions;
}

/**
 * The agents of one runner, opened by whoever needs them first: commands that only look at the configuration, or run
 * something else, neither load an engine's client nor touch the containers of a runner that is up.
 */
export class RunningAgents {
  readonly #parts: RunningAgentsParts;
  #opening: Promise<Agents> | undefined;
  #lock: DirectoryLock | undefined;
  #handler: ResourceHandler | undefined;
  #closed = false;

  constructor(parts: RunningAgentsParts) {
    this.#parts = parts;
    parts.resources.handle(CONTAINER_KIND, {
      end: (resource: Resource, reason: Error) => this.#handle((handler) => handler.end(resource, reason)),
      survivors: (resource: Resource) => this.#handle((handler) => handler.survivors(resource)),
      adopt: (resource: Resource) => this.#handle(async (handler) => (await handler.adopt?.(resource)) ?? false),
    });
  }

  /** Rejects when the data directory cannot be used, or is another runner's; the next call tries again. */
  open(): Promise<Agents> {
    if (this.#closed) return Promise.reject(new Error("the runner is shutting down"));
    this.#opening ??= this.#open().catch((thrown) => {
      this.#lock?.release();
      this.#opening = this.#lock = undefined;
      throw thrown;
    });
    return this.#opening;
  }

  async close(): Promise<void> {
    this.#closed = true;
    const agents = await this.#opening?.catch(() => undefined);
    await agents?.close().finally(() => this.#lock?.release());
  }

  async #open(): Promise<Agents> {
    const { options, resources, log, telemetry, secrets } = this.#parts;
    this.#lock = await lockDataDirectory(options.dataDir);
    const [{ Agents }, { imagesOfFolders }] = await Promise.all([
      import("./agents/agents.ts"),
      import("./image/images-of-folders.ts"),
    ]);
    return Agents.open({
      ...{ options, log, secrets },
      images: (engine, instance) => imagesOfFolders(engine, instance, options, log),
      resources: {
        own: (claim) => resources.own(claim),
        handle: (_kind, handler) => {
          this.#handler = handler;
        },
      },
      tell: ({ agent, act, ms, reason }) => {
        log.info({ oken_agent: agent, act, ms, reason }, `agent ${agent}: ${act}`);
        telemetry.note(act, {
          agent,
          ...(ms === undefined ? {} : { ms }),
          ...(reason === undefined ? {} : { reason }),
        });
      },
    });
  }

  async #handle<T>(ask: (handler: ResourceHandler) => Promise<T>): Promise<T> {
    // At the end of the runner what is still owned is ended after the agents are closed.
    if (!this.#closed) await this.open();
    if (!this.#handler) throw new Error("the agents of this runner were never opened");
    return ask(this.#handler);
  }
}
