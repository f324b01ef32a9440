import type { Endpoint } from "../containers/agent-container.ts";
import type { AgentPool } from "../invoke/agent-pool.ts";
import type { VersionPlan } from "./version.ts";

/** Makes an agent's own connections to its container, so that no other agent waits for them (OKEN-D42). */
export type Connect = (endpoint: Endpoint, plan: VersionPlan) => AgentPool;

/** Loads the client on first use: it is large, and most runners have no agents in containers. */
export async function connections(): Promise<Connect> {
  const [{ Pool }, { AgentPool }] = await Promise.all([import("./pool.ts"), import("../invoke/agent-pool.ts")]);
  return ({ host, port }, { entrypointType, settings }) => {
    const { concurrency, invokeSeconds } = settings;
    const timeouts = { headersTimeout: invokeSeconds * 1_000, bodyTimeout: invokeSeconds * 1_000 };
    const http = new Pool(`http://${host}:${port}`, { connections: concurrency, ...timeouts });
    return new AgentPool({ host, port, http, wrapped: entrypointType !== "http" });
  };
}
