import { expect, it } from "vitest";
import { type PlaceHolder, Places } from "../../../../plugins/docker-oken/src/agents/places.ts";

const never = new AbortController().signal;

function holder(agentId: string, places: Places, idleSince?: number) {
  const made: string[] = [];
  const self: PlaceHolder & { made: string[]; idleSince: number | undefined } = {
    agentId,
    idleSince,
    made,
    makeRoom: async () => {
      made.push(agentId);
      places.free(self);
    },
  };
  return self;
}

it("takes the place of whoever was idle for longest", async () => {
  const places = new Places(2);
  const [young, old, next] = [holder("young", places, 20), holder("old", places, 10), holder("next", places)];
  await places.take(young, never);
  await places.take(old, never);
  await places.take(next, never);
  expect([...old.made, ...young.made]).toEqual(["old"]);
});

it("waits until somebody is idle", async () => {
  const places = new Places(1);
  const [busy, next] = [holder("busy", places), holder("next", places)];
  await places.take(busy, never);
  const taking = places.take(next, never);
  busy.idleSince = 1;
  places.changed();
  await taking;
  expect(busy.made).toEqual(["busy"]);
});

it("gives up with AGENT_BUSY when the time is over", async () => {
  const places = new Places(1);
  await places.take(holder("busy", places), never);
  const over = new AbortController();
  const taking = places.take(holder("next", places), over.signal);
  over.abort();
  await expect(taking).rejects.toMatchObject({ code: "AGENT_BUSY" });
});

it("gives a place once, however often it is asked for", async () => {
  const places = new Places(1);
  const one = holder("one", places);
  await places.take(one, never);
  await places.take(one, never);
  places.free(one);
  await places.take(holder("other", places), never);
});
