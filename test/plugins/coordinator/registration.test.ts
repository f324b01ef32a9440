import { afterEach, describe, expect, it } from "vitest";
import { CoordinatorClient } from "../../../plugins/coordinator/src/client.ts";
import { Registration, type RegistrationSettings } from "../../../plugins/coordinator/src/registration.ts";
import { reopened } from "../../fixtures/reopened.ts";
import { HandMadeFeed } from "./hand-made-feed.ts";
import { REGISTERED, ScriptedCoordinator } from "./scripted-coordinator.ts";
import { quickTiming, quiet, recordingLog } from "./test-source.ts";

const ROUTE = "POST /runner/register";
const payload = { hostname: "build-07", project_dir: "/srv/jobs", executor_profile: "echo" };
const forever = new AbortController().signal;
const duplicate = {
  status: 409,
  json: {
    detail: { error: "duplicate_runner", message: "already registered and online", runner_id: REGISTERED.runner_id },
  },
};

const collision = {
  status: 409,
  json: {
    detail: { error: "agent_name_collision", message: "taken", agent_name: "echo", existing_runner_id: "lnch_x" },
  },
};

const clients: CoordinatorClient[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
});

function registrationAt(url: string, members: Partial<RegistrationSettings> = {}): Registration {
  const client = new CoordinatorClient({ url, requestMs: 30_000, credentials: () => undefined, log: quiet });
  clients.push(client);
  return new Registration({ client, log: quiet, timing: quickTiming, payload: () => payload, ...members });
}

/** Whether what is claimed under its id at this moment counts as claimed for it. */
function isOursNow({ tenure }: Registration): boolean {
  const now = performance.now();
  return tenure.covers(now, now);
}

describe("the first registration", () => {
  it("sends the payload and keeps the answer", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    coordinator.always(ROUTE, {
      json: { ...REGISTERED, poll_endpoint: "/v2/poll", poll_timeout_seconds: 12, hint: 1 },
    });
    const registration = registrationAt(coordinator.url);
    await registration.first(forever);
    const executor = { leasehold_instance: expect.stringMatching(/^[\da-f-]{36}$/) };
    expect(coordinator.requests[0]?.json).toEqual({ ...payload, executor });
    expect(registration.current).toEqual({
      runnerId: REGISTERED.runner_id,
      pollPath: "/v2/poll",
      pollTimeoutSeconds: 12,
      heartbeatSeconds: 60,
    });
  });

  it("honours poll endpoints only when they are plain paths", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    for (const endpoint of ["http://elsewhere/", "//elsewhere/x", "/a/../b", "/a?b=c", "a", 7, null, "/a b", "/"]) {
      coordinator.always(ROUTE, { json: { ...REGISTERED, poll_endpoint: endpoint } });
      const registration = registrationAt(coordinator.url);
      expect((await registration.first(forever))?.pollPath, String(endpoint)).toBe("/runner/runs");
    }
  });

  it("asks again when the runner's id cannot be named in a path", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const answers = ["..", ".", "", "\ud800"].map((id) => ({ json: { ...REGISTERED, runner_id: id } }));
    coordinator.once(ROUTE, ...answers);
    const registration = registrationAt(coordinator.url);
    expect((await registration.first(forever))?.runnerId).toBe(REGISTERED.runner_id);
    expect(coordinator.of(ROUTE)).toHaveLength(answers.length + 1);
  });

  it("passes over times that make no sense", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    for (const [poll, heartbeat] of [
      [-1, "60"],
      [1e300, 1e-300],
      [86_401, 0],
    ]) {
      coordinator.always(ROUTE, {
        json: { ...REGISTERED, poll_timeout_seconds: poll, heartbeat_interval_seconds: heartbeat },
      });
      expect(await registrationAt(coordinator.url).first(forever)).toMatchObject({
        pollTimeoutSeconds: undefined,
        heartbeatSeconds: undefined,
      });
    }
  });

  it("waits for a coordinator that is not up yet", async () => {
    await using gone = await ScriptedCoordinator.start();
    const { url, port } = gone;
    await gone[Symbol.asyncDispose]();
    const { log, lines } = recordingLog();
    const registered = registrationAt(url, { log }).first(forever);
    await expect.poll(() => lines.some(({ attempt }) => attempt === 4)).toBe(true);
    await using _ = await reopened(() => ScriptedCoordinator.start(port));
    expect(await registered).toMatchObject({ runnerId: REGISTERED.runner_id });
    const attempts = lines.flatMap(({ attempt }) => (attempt === undefined ? [] : [attempt]));
    expect(attempts.slice(0, 3)).toEqual([1, 2, 4]);
  });

  it("tries again after answers that may pass", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    coordinator.once(
      ROUTE,
      { status: 500, text: "Internal Server Error" },
      { status: 503 },
      { status: 429 },
      { text: "<html>" },
    );
    expect(await registrationAt(coordinator.url).first(forever)).toMatchObject({ runnerId: REGISTERED.runner_id });
    expect(coordinator.of(ROUTE)).toHaveLength(5);
  });

  it("gives up after its attempts, where they are limited", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    coordinator.always(ROUTE, { status: 503 });
    await expect(registrationAt(coordinator.url, { attempts: 3 }).first(forever)).rejects.toThrow(
      /after 3 attempts.*503/,
    );
    expect(coordinator.of(ROUTE)).toHaveLength(3);
  });

  it("ends quietly when it is withdrawn", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    coordinator.always(ROUTE, { hang: true });
    const registration = registrationAt(coordinator.url);
    const registered = registration.first(forever);
    await coordinator.seen(ROUTE);
    registration.withdraw();
    expect(await registered).toBeUndefined();
  });

  it.each([
    [
      { status: 422, json: { detail: [{ loc: ["body", "hostname"], msg: "Field required" }] } },
      /422: body.hostname: Field required/,
    ],
    [{ status: 400, json: { detail: "no" } }, /400: no\). Mend the profile/],
    [
      { status: 401, json: { detail: "Missing credentials." } },
      /Missing credentials.*plugin that provides credentials/,
    ],
    [{ status: 403, json: { detail: "Invalid or expired token" } }, /plugin that provides credentials/],
    [{ status: 404, json: { detail: "Not Found" } }, /no coordinator at this URL/],
    [{ status: 307 }, /no coordinator at this URL/],
  ])("rejects with what to do: %#", async (answer, message) => {
    await using coordinator = await ScriptedCoordinator.start();
    coordinator.always(ROUTE, answer);
    await expect(registrationAt(coordinator.url).first(forever)).rejects.toThrow(message);
    expect(coordinator.of(ROUTE)).toHaveLength(1);
  });

  it.each([
    [duplicate, /already registered and online\). Another runner .* end it, or change one of the four/],
    [collision, /Runner lnch_x already offers agent "echo"/],
  ])("waits while another runner is in the way, and says so: %#", async (answer, message) => {
    await using coordinator = await ScriptedCoordinator.start();
    heldByATwin(coordinator);
    coordinator.once(ROUTE, answer, answer);
    const { log, lines } = recordingLog();
    const registered = await registrationAt(coordinator.url, { log }).first(forever, new HandMadeFeed());
    expect(registered).toMatchObject({ runnerId: REGISTERED.runner_id });
    expect(coordinator.of(ROUTE)).toHaveLength(3);
    expect(lines[0]?.msg).toMatch(message);
  });

  it("gives up waiting where its attempts are limited", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    heldByATwin(coordinator);
    coordinator.always(ROUTE, duplicate);
    await expect(registrationAt(coordinator.url, { attempts: 2 }).first(forever)).rejects.toThrow(/Another runner/);
  });

  it("goes on under the id that a predecessor left in the journal", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const journal = new HandMadeFeed();
    coordinator.always(ROUTE, { json: { ...REGISTERED, poll_endpoint: "/v2/poll" } });
    const first = await registrationAt(coordinator.url).first(forever, journal);
    coordinator.always(ROUTE, duplicate);
    expect(await registrationAt(coordinator.url).first(forever, journal)).toEqual(first);
    expect(coordinator.of(ROUTE)).toHaveLength(2);
  });

  it.each([
    ["a coordinator elsewhere", { url: "http://elsewhere" }],
    ["a twin", { instance: "of-another" }],
    ["one that was deregistered", null],
  ])("does not go on under the id of %s", async (_, change) => {
    await using coordinator = await ScriptedCoordinator.start();
    const journal = new HandMadeFeed();
    const registered = { runnerId: REGISTERED.runner_id, pollPath: "/runner/runs" };
    const note = { url: coordinator.url, instance: "noted", registered };
    journal.notes.set("registration", change && { ...note, ...change });
    coordinator.always("GET /runners", {
      json: { runners: [coordinator.listed({ executor: { leasehold_instance: "noted" } })] },
    });
    coordinator.once(ROUTE, duplicate);
    await registrationAt(coordinator.url).first(forever, journal);
    expect(coordinator.of(ROUTE)).toHaveLength(2);
  });

  it("goes on under an id whose registration its predecessor never heard of", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const journal = new HandMadeFeed();
    const died = registrationAt(coordinator.url);
    coordinator.once(ROUTE, { hang: true });
    void died.first(forever, journal);
    await coordinator.seen(ROUTE);
    died.withdraw();
    coordinator.once(ROUTE, duplicate);
    expect(await registrationAt(coordinator.url).first(forever, journal)).toMatchObject({
      runnerId: REGISTERED.runner_id,
    });
    expect(coordinator.of(ROUTE)).toHaveLength(2);
    expect(journal.notes.get("registration")).toMatchObject({ registered: { runnerId: REGISTERED.runner_id } });
  });

  it("waits while it cannot be told whose the registration is", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    coordinator.always("GET /runners", { status: 500 });
    coordinator.once(ROUTE, { drop: true }, duplicate, duplicate);
    await registrationAt(coordinator.url).first(forever);
    expect(coordinator.of(ROUTE)).toHaveLength(4);
  });

  it("does not keep a twin alive by its questions", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    heldByATwin(coordinator);
    coordinator.once(ROUTE, { drop: true }, duplicate, duplicate, duplicate);
    await registrationAt(coordinator.url).first(forever);
    expect(coordinator.of("POST /runner/heartbeat")).toEqual([]);
  });

  it("does not go on when the id passes to a twin just then", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const ours = () => ({ json: { runners: [coordinator.listed()] } });
    coordinator.once("GET /runners", ours, twinListed(coordinator), twinListed(coordinator));
    coordinator.once(ROUTE, { drop: true }, duplicate, duplicate);
    await registrationAt(coordinator.url).first(forever);
    expect(coordinator.of(ROUTE)).toHaveLength(4);
  });

  it("deregisters a predecessor of another identity that holds its agents", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const journal = new HandMadeFeed();
    const registered = { runnerId: "lnch_x", pollPath: "/runner/runs" };
    journal.notes.set("registration", { url: coordinator.url, instance: "noted", registered });
    coordinator.once(ROUTE, collision);
    coordinator.always("DELETE /runners/lnch_x", { json: { ok: true } });
    await registrationAt(coordinator.url).first(forever, journal);
    const changes = coordinator.requests.filter(({ route }) => !route.startsWith("GET"));
    expect(changes.map(({ route, query }) => `${route} ${query}`)).toEqual([
      `${ROUTE} `,
      "DELETE /runners/lnch_x self=true",
      `${ROUTE} `,
    ]);
    expect(journal.flushes).toBe(1);
    expect(journal.notes.get("registration")).toMatchObject({ registered: { runnerId: REGISTERED.runner_id } });
  });

  it("recognises itself in the duplicate after a lost answer", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    coordinator.once(ROUTE, { drop: true }, duplicate);
    expect(await registrationAt(coordinator.url).first(forever)).toMatchObject({ runnerId: REGISTERED.runner_id });
  });
});

describe("a renewed registration", () => {
  it("is shared by all who ask for it", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const registration = registrationAt(coordinator.url);
    const stale = (await registration.first(forever))!;
    const renewed = await Promise.all([
      registration.renew(stale),
      registration.renew(stale),
      registration.renew(stale),
    ]);
    expect(new Set(renewed).size).toBe(1);
    expect(coordinator.of(ROUTE)).toHaveLength(2);
    expect(await registration.renew(stale)).toBe(registration.current);
    expect(coordinator.of(ROUTE)).toHaveLength(2);
  });

  it("waits while the coordinator has a twin in its place", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const registration = registrationAt(coordinator.url);
    const stale = (await registration.first(forever))!;
    heldByATwin(coordinator);
    coordinator.once(ROUTE, duplicate, duplicate);
    const renewed = registration.renew(stale);
    await coordinator.seen(ROUTE, 3);
    expect(registration.isSuperseded).toBe(true);
    await renewed;
    expect([registration.isSuperseded, registration.current === stale]).toEqual([false, false]);
  });

  it("outlasts a refusal of its credentials", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const registration = registrationAt(coordinator.url);
    const stale = (await registration.first(forever))!;
    coordinator.once(ROUTE, { status: 403, json: { detail: "Invalid or expired token" } }, { status: 401 });
    await registration.renew(stale);
    expect(coordinator.of(ROUTE)).toHaveLength(4);
    expect(registration.current).not.toBe(stale);
  });

  it("is not made after a withdrawal", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const registration = registrationAt(coordinator.url);
    const stale = (await registration.first(forever))!;
    registration.withdraw();
    expect(await registration.renew(stale)).toBeUndefined();
    await registration.verify();
    expect([registration.current, coordinator.of(ROUTE).length]).toEqual([undefined, 1]);
  });
});

describe("a registration that is looked at again", () => {
  it("stays as it is when it is online and ours", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const registration = registrationAt(coordinator.url);
    const first = await registration.first(forever);
    await registration.verify();
    expect([registration.current === first, coordinator.of(ROUTE).length]).toEqual([true, 1]);
    expect(coordinator.of("POST /runner/heartbeat")).toHaveLength(1);
  });

  it.each([
    ["stale", () => ({ status: "stale" })],
    ["gone", () => ({ runner_id: "lnch_other" })],
  ])("is made anew when it is %s", async (_, members) => {
    await using coordinator = await ScriptedCoordinator.start();
    const registration = registrationAt(coordinator.url);
    await registration.first(forever);
    coordinator.once("GET /runners", { json: { runners: [coordinator.listed(members())] } });
    await registration.verify();
    expect(coordinator.of(ROUTE)).toHaveLength(2);
  });

  it("is not counted as ours while it is made anew, though the coordinator may have taken it already", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const registration = registrationAt(coordinator.url);
    await registration.first(forever);
    const looked = Promise.withResolvers<void>();
    const ours = () => ({ json: { runners: [coordinator.listed()] }, after: looked.promise });
    coordinator.once("GET /runners", { json: { runners: [] } }, ours);
    coordinator.once(ROUTE, { drop: true });
    const listed = coordinator.of("GET /runners").length;
    const verified = registration.verify();
    await coordinator.seen("GET /runners", listed + 2);
    // A twin may have had it in between, and what was claimed for that one is none of ours.
    expect(isOursNow(registration)).toBe(false);
    looked.resolve();
    await verified;
    expect(isOursNow(registration)).toBe(true);
  });

  it("is left to a twin that is online in its place", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const registration = registrationAt(coordinator.url);
    await registration.first(forever);
    const twin = twinListed(coordinator);
    coordinator.once("GET /runners", twin, twin, twin, twin);
    const verified = registration.verify();
    await coordinator.seen("GET /runners", 4);
    expect(registration.isSuperseded).toBe(true);
    await verified;
    expect([registration.isSuperseded, coordinator.of(ROUTE).length]).toEqual([false, 1]);
  });

  it("was not ours from when a twin registered, though a late answer had said so", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const registration = registrationAt(coordinator.url);
    await registration.first(forever);
    const from = performance.now();
    registration.confirmed(from + 60_000);
    // Ten seconds from now, so that what was before need not be waited for.
    const registered_at = new Date(Date.now() + 10_000).toISOString();
    coordinator.always("GET /runners", twinListed(coordinator, { registered_at }));
    const verified = registration.verify();
    await expect.poll(() => registration.isSuperseded).toBe(true);
    const { tenure } = registration;
    expect([tenure.covers(from + 9_000, from + 9_001), tenure.covers(from + 50_000, from + 50_001)]).toEqual([
      true,
      false,
    ]);
    coordinator.always("GET /runners", () => ({ json: { runners: [coordinator.listed()] } }));
    await verified;
  });

  it("is certainly ours only when no poll that a twin had under way can claim any more", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    const timing = { ...quickTiming, underWayMs: 60_000 };
    const registration = registrationAt(coordinator.url, { timing });
    coordinator.once(ROUTE, duplicate);
    coordinator.once("GET /runners", twinListed(coordinator));
    const feed = new HandMadeFeed();
    const stale = await registration.first(forever, feed);
    expect(coordinator.of(ROUTE)).toHaveLength(2);
    const certain = performance.now() + 60_000 + 1_000 * REGISTERED.poll_timeout_seconds;
    const covered = () => [certain - 20_000, certain].map((at) => registration.tenure.covers(at, at));
    expect(covered()).toEqual([false, true]);
    const { since } = feed.notes.get("registration") as { since: number };
    expect(Math.abs(since - Date.now() - (certain - performance.now()))).toBeLessThan(20_000);
    // Nobody else has had it since: after the next registration there is nothing to wait for.
    await registration.renew(stale!);
    expect(covered()).toEqual([true, true]);
    expect(isOursNow(registration)).toBe(true);
  });
});

function twinListed(coordinator: ScriptedCoordinator, members: Record<string, unknown> = {}) {
  return { json: { runners: [coordinator.listed({ executor: { leasehold_instance: "of-a-twin" }, ...members })] } };
}

function heldByATwin(coordinator: ScriptedCoordinator): void {
  coordinator.always("GET /runners", twinListed(coordinator));
}
