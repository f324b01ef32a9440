import { createHash } from "node:crypto";
import { cp, lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { HeldScript, Scripts } from "@leasehold/script-executor";
import type { AgentsDoor } from "./agents-door.ts";
import type { Staging } from "./archive/staging.ts";
import { configError, OkenError } from "./oken-error.ts";

const CONFIG_FILE = "oken.toml";

export interface ScriptAgentsParts {
  readonly agents: () => Promise<AgentsDoor>;
  /** Where scripts come from; none where no plugin keeps them. */
  readonly scripts: () => Pick<Scripts, "hold"> | undefined;
  readonly staging: Staging;
  /** Aborted when the runner ends. */
  readonly closing: AbortSignal;
}

/** A deployment of one state of a script. */
interface Attempt {
  readonly state: string;
  readonly deployed: Promise<void>;
}

/** Deploys scripts that have an `oken.toml` on first use, and again once they have changed. */
export class ScriptAgents {
  readonly #parts: ScriptAgentsParts;
  readonly #attempts = new Map<string, Attempt>();

  constructor(parts: ScriptAgentsParts) {
    this.#parts = parts;
  }

  /** Whether a script is to be run as a container. Rejects when the script cannot be had. */
  async has(script: string, signal: AbortSignal): Promise<boolean> {
    const held = await this.#parts.scripts()?.hold(script, signal);
    if (!held) return false;
    return isFile(join(held.directory, CONFIG_FILE)).finally(() => held.release());
  }

  /**
   * The id of the agent that a script is deployed as, once it is. Rejects with an `OkenError` when it cannot be deployed; the
   * next run tries again.
   */
  async deployed(script: string, signal: AbortSignal): Promise<string> {
    const held = await this.#parts.scripts()?.hold(script, signal);
    if (!held) throw configError(`script ${script} is kept by nobody: configure script-executor`);
    const agentId = agentIdOf(script);
    await unlessAborted(this.#attempt(agentId, held, await stateOf(held)), signal);
    return agentId;
  }

  #attempt(agentId: string, held: HeldScript, state: string): Promise<void> {
    const earlier = this.#attempts.get(agentId);
    if (earlier?.state === state) {
      held.release();
      return earlier.deployed;
    }
    const deployed = this.#deploy(agentId, held);
    const attempt = { state, deployed };
    this.#attempts.set(agentId, attempt);
    deployed.catch(() => this.#attempts.get(agentId) === attempt && this.#attempts.delete(agentId));
    return deployed;
  }

  async #deploy(agentId: string, held: HeldScript): Promise<void> {
    const { agents, closing } = this.#parts;
    const [door, folder] = await this.#copied(held, agents());
    const { status, error } = await door.deploy(agentId, folder, { secrets: {}, signal: closing });
    if (status === "error")
      throw new OkenError("CONTAINER_ERROR", `Agent ${agentId} did not start: ${error ?? "not ready"}`);
  }

  /** The agents and a folder for them to take over; where there is neither in the end, nothing stays of the folder. */
  async #copied(held: HeldScript, agents: Promise<AgentsDoor>): Promise<[AgentsDoor, string]> {
    const { staging } = this.#parts;
    let folder: string | undefined;
    try {
      const door = await agents;
      folder = await staging.open();
      await cp(held.directory, folder, { recursive: true, verbatimSymlinks: true });
      return [door, folder];
    } catch (thrown) {
      if (folder !== undefined) await staging.discard(folder);
      throw thrown;
    } finally {
      held.release();
    }
  }
}

/** No slug of the Oken platform holds an underscore, so that none is ever taken for a script. */
export function agentIdOf(script: string): string {
  if (/^[A-Za-z0-9_-]{1,100}$/.test(script)) return `script_${script}`;
  const plain = script.replaceAll(/[^A-Za-z0-9_-]/g, "_").slice(0, 80);
  return `script_${plain}_${createHash("sha256").update(script).digest("hex").slice(0, 12)}`;
}

/** Of a folder that may change at any time, what its files look like. */
async function stateOf({ directory, version }: HeldScript): Promise<string> {
  if (version !== undefined) return version;
  const hash = createHash("sha256");
  for (const path of (await readdir(directory, { recursive: true })).sort()) {
    const { size, mtimeMs, ctimeMs, mode } = await lstat(join(directory, path));
    hash.update(`${path}\0${size}\0${mtimeMs}\0${ctimeMs}\0${mode}\0`);
  }
  return hash.digest("hex");
}

async function isFile(path: string): Promise<boolean> {
  return lstat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

/** A run that ends leaves a deployment that others may wait for to go on. */
async function unlessAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const giveUp = () => reject(signal.reason);
  signal.addEventListener("abort", giveUp, { once: true });
  await Promise.race([work, promise]).finally(() => signal.removeEventListener("abort", giveUp));
}
