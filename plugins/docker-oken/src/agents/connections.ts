import type { Pool } from "undici";
import type { Endpoint } from "../containers/agent-container.ts";
import type { AgentSettings } from "./agent-settings.ts";

/** Makes an agent's own connections to its container, so that no other agent waits for them (OKEN-D42). */
export type Connect = (endpoint: Endpoint, settings: AgentSettings) => Pool;

/** Loads the client on first use: it is large, and most runners have no agents in containers. */
export async function connections(): Promise<Connect> {
  const { Pool } = await import("undici");
  return ({ host, port }, { concurrency, invokeSeconds }) =>
    new Pool(`http://${host}:${port}`, {
      connections: concurrency,
      headersTimeout: invokeSeconds * 1_000,
      bodyTimeout: invokeSeconds * 1_000,
    });
}
