import { afterEach, describe, expect, it } from "vitest";
import { CoordinatorClient } from "../../../plugins/coordinator/src/client.ts";
import { rosterEntry } from "../../../plugins/coordinator/src/roster.ts";
import { REGISTERED, ScriptedCoordinator } from "./scripted-coordinator.ts";
import { quiet } from "./test-source.ts";

const clients: CoordinatorClient[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
});

async function read(members: Record<string, unknown>) {
  await using coordinator = await ScriptedCoordinator.start();
  coordinator.always("GET /runners", () => ({ json: { runners: [coordinator.listed(members)] } }));
  const client = new CoordinatorClient({
    url: coordinator.url,
    requestMs: 30_000,
    credentials: () => undefined,
    log: quiet,
  });
  clients.push(client);
  const sentAt = performance.now();
  const entry = await rosterEntry(client, REGISTERED.runner_id, new AbortController().signal);
  return { entry, sentAt, readAt: performance.now() };
}

describe("the list of runners", () => {
  it("says since when an id is registered, at the earliest", async () => {
    const registered = Date.parse("2026-03-01T10:00:00Z");
    const { entry, sentAt, readAt } = await read({
      registered_at: new Date(registered).toISOString(),
      last_heartbeat: new Date(registered + 20_000).toISOString(),
      seconds_since_heartbeat: 10,
    });
    expect(entry?.now).toBe(registered + 30_000);
    expect(entry?.registeredAt).toBeGreaterThan(sentAt - 30_002);
    expect(entry?.registeredAt).toBeLessThan(readAt - 30_000);
  });

  it.each([
    ["a time of registration", { registered_at: null }],
    ["its clock", { seconds_since_heartbeat: null }],
  ])("vouches for no moment where it does not tell %s", async (_, members) => {
    expect((await read(members)).entry?.registeredAt).toBe(Number.NEGATIVE_INFINITY);
  });
});
