import type { CoordinatorClient } from "./client.ts";

/**
 * Whether the coordinator can write at all, or its database is locked (protocol §7.2 H11): tells it of a session what it was
 * told before. Never rejects.
 */
export async function canStore(
  client: CoordinatorClient,
  session: string,
  hostname: string,
  signal: AbortSignal,
): Promise<boolean> {
  const path = `/sessions/${encodeURIComponent(session)}/metadata`;
  const request = { body: JSON.stringify({ hostname }), signal, repeatable: true };
  const reply = await client.send("PATCH", path, request).catch(() => undefined);
  return reply !== undefined && reply.status < 500;
}
