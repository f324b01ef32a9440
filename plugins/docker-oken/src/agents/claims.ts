import { randomUUID } from "node:crypto";
import type Docker from "dockerode";
import type { KillReceipt, Owner, Ownership, Resource, ResourceHandler } from "leasehold";
import { hasStatus, unlessStatus } from "../engine/engine-error.ts";

/** Kind under which the core keeps containers of agents. */
export const CONTAINER_KIND = "oken-container";

/** A container as the core's journal has it: announced by its name before it is made, then known by its id. */
interface Announced {
  readonly instance: string;
  readonly agentId: string;
  readonly container: string;
}

export interface ClaimsParts {
  readonly owner: Owner;
  readonly instance: string;
  readonly docker: Docker;
  /** Whether the registry has a container of that id, so that a predecessor's claim to it is out of date. */
  readonly registered: (containerId: string) => boolean;
}

/** Announces containers to the core, and ends what it asks to end. */
export class Claims {
  readonly #parts: ClaimsParts;
  readonly #current = new Set<string>();

  constructor(parts: ClaimsParts) {
    this.#parts = parts;
  }

  /** To be awaited before the container is made, or taken over. */
  async claim(agentId: string, container: string): Promise<Ownership> {
    const { owner, instance } = this.#parts;
    const id = `${container} ${randomUUID()}`;
    const data = { instance, agentId, container };
    this.#current.add(id);
    return await owner.own({ kind: CONTAINER_KIND, id, data });
  }

  /** How the core ends and recovers containers. */
  get handler(): ResourceHandler {
    return {
      end: (resource) => this.#end(resource),
      survivors: (resource) => this.#survivors(resource),
      // A container that goes on is claimed anew by whoever took it over; the predecessor's claim is ended either way.
      adopt: async () => false,
    };
  }

  async #end(resource: Resource): Promise<KillReceipt> {
    const startedAt = performance.now();
    const receipt = (signals: string[]) => ({ signals, survivors: 0, ms: performance.now() - startedAt });
    const { container, instance } = announcedIn(resource);
    if (instance !== this.#parts.instance) return receipt([]);
    const ours = this.#current.has(resource.id);
    if (!ours && this.#parts.registered(container)) return receipt([]);
    const handle = this.#parts.docker.getContainer(container);
    if (ours) await unlessStatus(handle.stop({ t: 5 }), 304, 404);
    else await unlessStatus(handle.remove({ force: true, v: true }), 404, 409);
    return receipt(ours ? ["SIGTERM", "SIGKILL"] : ["SIGKILL"]);
  }

  async #survivors(resource: Resource): Promise<number> {
    const { container } = announcedIn(resource);
    try {
      const { State } = await this.#parts.docker.getContainer(container).inspect();
      return State.Running ? 1 : 0;
    } catch (thrown) {
      if (hasStatus(thrown, 404)) return 0;
      throw thrown;
    }
  }
}

function announcedIn({ data }: Resource): Announced {
  const { instance, agentId, container } = data;
  return { instance: String(instance), agentId: String(agentId), container: String(container) };
}
