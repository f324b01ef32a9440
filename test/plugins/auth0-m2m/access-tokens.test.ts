import { setImmediate as turn } from "node:timers/promises";
import { SecretStore } from "leasehold";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { AccessTokens } from "../../../plugins/auth0-m2m/src/access-tokens.ts";
import { defaultTiming } from "../../../plugins/auth0-m2m/src/timing.ts";
import type { AccessToken } from "../../../plugins/auth0-m2m/src/token-answer.ts";
import { TokenUnavailable } from "../../../plugins/auth0-m2m/src/token-unavailable.ts";
import { recordingLog } from "../coordinator/test-source.ts";

const AT = "http://coordinator.test/runner/runs";
const REFUSED = { status: 403, body: "" };
const SECOND = 1_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A provider by hand: each request for a token waits until the test answers it. */
function byHand() {
  const open: PromiseWithResolvers<AccessToken>[] = [];
  let asked = 0;
  const { log, lines } = recordingLog();
  const obtain = () => {
    const answer = Promise.withResolvers<AccessToken>();
    open.push(answer);
    asked++;
    return answer.promise;
  };
  const tokens = new AccessTokens({
    obtain,
    audience: "api",
    log,
    secrets: new SecretStore().runner,
    timing: defaultTiming,
  });
  return {
    tokens,
    lines,
    asked: () => asked,
    grant: async (value: string, lifeSeconds = 3_600) => {
      open.shift()?.resolve({ value, lifeSeconds });
      await turn();
    },
    deny: async (retryAfterMs?: number) => {
      open.shift()?.reject(new TokenUnavailable("the provider is down", "Wait.", { retryAfterMs }));
      await turn();
    },
  };
}

/** One that holds a token already. */
async function holding(value: string, lifeSeconds?: number) {
  const hand = byHand();
  const first = hand.tokens.headers(AT);
  await hand.grant(value, lifeSeconds);
  expect(await first).toEqual({ authorization: `Bearer ${value}` });
  return hand;
}

const bearer = (value: string) => ({ authorization: `Bearer ${value}` });

describe("a token", () => {
  it("is asked for once by a thousand at once", async () => {
    const { tokens, asked, grant } = byHand();
    const thousand = Array.from({ length: 1_000 }, () => tokens.headers(AT));
    await grant("a");
    expect(new Set((await Promise.all(thousand)).map(({ authorization }) => authorization))).toEqual(
      new Set(["Bearer a"]),
    );
    expect(asked()).toBe(1);
  });

  it("is used by a thousand while its refresh is under way", async () => {
    const { tokens, asked, grant } = await holding("a", 600);
    vi.advanceTimersByTime(541 * SECOND);
    const beat = tokens.refreshWhenDue();
    const thousand = await Promise.all(Array.from({ length: 1_000 }, () => tokens.headers(AT)));
    expect(thousand.every(({ authorization }) => authorization === "Bearer a")).toBe(true);
    await grant("b");
    await beat;
    expect(await tokens.headers(AT)).toEqual(bearer("b"));
    expect(asked()).toBe(2);
  });

  it.each([
    [3_600, 3_540],
    [600, 540],
    [100, 90],
    [2, 1.8],
  ])("that lives %d s is refreshed after %d s", async (life, due) => {
    const { tokens, asked } = await holding("a", life);
    vi.advanceTimersByTime((due - 0.01) * SECOND);
    void tokens.refreshWhenDue();
    expect(asked()).toBe(1);
    vi.advanceTimersByTime(0.02 * SECOND);
    void tokens.refreshWhenDue();
    expect(asked()).toBe(2);
  });

  it("is looked after more often the shorter it lives", async () => {
    expect(byHand().tokens.beatSeconds()).toBe(5);
    expect((await holding("a", 3_600)).tokens.beatSeconds()).toBe(5);
    expect((await holding("a", 20)).tokens.beatSeconds()).toBe(1);
    expect((await holding("a", 0.1)).tokens.beatSeconds()).toBe(0.05);
  });

  it("that has expired is waited for anew", async () => {
    const { tokens, asked, grant } = await holding("a", 10);
    vi.advanceTimersByTime(10 * SECOND);
    const next = tokens.headers(AT);
    await grant("b");
    expect([await next, asked()]).toEqual([bearer("b"), 2]);
  });

  it("is waited for no longer than the caller wants", async () => {
    const { tokens, grant } = byHand();
    const abort = new AbortController();
    const impatient = tokens.headers(AT, abort.signal);
    const patient = tokens.headers(AT);
    abort.abort(new Error("enough"));
    await expect(impatient).rejects.toThrow("enough");
    await grant("a");
    expect(await patient).toEqual(bearer("a"));
  });

  it("is not asked for by a beat that nobody needs", async () => {
    const { tokens, asked } = byHand();
    await tokens.refreshWhenDue();
    expect(asked()).toBe(0);
  });
});

describe("a refusal", () => {
  it("brings another token, once for all who were refused", async () => {
    const { tokens, asked, grant } = await holding("a");
    const early = Array.from({ length: 500 }, () => tokens.rejected(AT, REFUSED, bearer("a")));
    await grant("b");
    expect(new Set(await Promise.all(early))).toEqual(new Set([true]));
    expect(await tokens.rejected(AT, REFUSED, bearer("a"))).toBe(true);
    expect(asked()).toBe(2);
  });

  it("of the new token too is an error, told once", async () => {
    const { tokens, asked, grant, lines } = await holding("a");
    const again = tokens.rejected(AT, REFUSED, bearer("a"));
    await grant("b");
    await again;
    expect(await tokens.rejected(AT, REFUSED, bearer("b"))).toBe(false);
    expect(await tokens.rejected(AT, REFUSED, bearer("b"))).toBe(false);
    expect(asked()).toBe(2);
    const told = lines.filter(({ level }) => level !== "debug").map(({ level, msg }) => `${level}: ${msg}`);
    expect(told).toEqual([
      expect.stringMatching(/^warn: http:\/\/coordinator\.test refuses the access token; another one is asked for/),
      expect.stringMatching(/^error: http:\/\/coordinator\.test .*it is a new one\. The coordinator's AUTH0_DOMAIN/),
    ]);
  });

  it("leads to a new token again after a while, ever more seldom", async () => {
    const { tokens, asked, grant } = await holding("a");
    for (const [value, next] of ["ab", "bc"]) {
      const again = tokens.rejected(AT, REFUSED, bearer(value!));
      await grant(next!);
      expect(await again).toBe(true);
      vi.advanceTimersByTime(60 * SECOND);
    }
    expect(asked()).toBe(3);
    expect(await tokens.rejected(AT, REFUSED, bearer("c"))).toBe(false);
    vi.advanceTimersByTime(60 * SECOND);
    void tokens.rejected(AT, REFUSED, bearer("c"));
    expect(asked()).toBe(4);
  });

  it("changes nothing when there is no other token", async () => {
    const { tokens, grant, deny } = await holding("a");
    const same = tokens.rejected(AT, REFUSED, bearer("a"));
    await grant("a");
    expect(await same).toBe(false);
    vi.advanceTimersByTime(60 * SECOND);
    const none = tokens.rejected(AT, REFUSED, bearer("a"));
    await deny();
    expect(await none).toBe(false);
    expect(await tokens.headers(AT)).toEqual(bearer("a"));
  });
});

describe("a provider in trouble", () => {
  it("leaves a valid token in use, and is told of", async () => {
    const { tokens, deny, lines } = await holding("a", 600);
    vi.advanceTimersByTime(541 * SECOND);
    void tokens.refreshWhenDue();
    await deny();
    expect(await tokens.headers(AT)).toEqual(bearer("a"));
    expect(lines.at(-1)).toMatchObject({
      level: "warn",
      msg: expect.stringMatching(
        /^the provider is down\. Wait\. Meanwhile the token at hand stays in use for 59 s more; asking again in 1 s/,
      ),
    });
  });

  it("is asked again at growing distances, however many want a token", async () => {
    const { tokens, asked, deny, lines } = byHand();
    for (let failures = 1; failures <= 8; failures++) {
      const wanted = tokens.headers(AT);
      wanted.catch(() => {});
      await deny();
      await expect(wanted).rejects.toThrow("the provider is down");
      await expect(tokens.headers(AT)).rejects.toThrow("the provider is down");
      await tokens.refreshWhenDue();
      expect(asked()).toBe(failures);
      vi.advanceTimersByTime(Math.min(60, 2 ** (failures - 1)) * 0.499 * SECOND);
      await expect(tokens.headers(AT)).rejects.toThrow("the provider is down");
      vi.advanceTimersByTime(Math.min(60, 2 ** (failures - 1)) * 0.502 * SECOND);
    }
    expect(lines.map(({ failures }) => failures)).toEqual([1, 2, 4, 8]);
  });

  it("is not asked before the time that it names", async () => {
    const { tokens, asked, deny } = byHand();
    const wanted = tokens.headers(AT);
    wanted.catch(() => {});
    await deny(120 * SECOND);
    vi.advanceTimersByTime(120 * SECOND);
    await tokens.refreshWhenDue();
    expect(asked()).toBe(1);
    vi.advanceTimersByTime(1 * SECOND);
    void tokens.refreshWhenDue();
    expect(asked()).toBe(2);
  });

  it("is asked by the beat, so that nobody waits when it is back", async () => {
    const { tokens, grant, deny, lines } = byHand();
    const wanted = tokens.headers(AT);
    wanted.catch(() => {});
    await deny();
    vi.advanceTimersByTime(1 * SECOND);
    void tokens.refreshWhenDue();
    await grant("a");
    expect(await tokens.headers(AT)).toEqual(bearer("a"));
    expect(lines.at(-1)).toMatchObject({ level: "info", msg: "the provider hands out access tokens again" });
  });
});

it("gives up what is under way when it is closed", async () => {
  const { log, lines } = recordingLog();
  const obtain = (signal: AbortSignal) =>
    new Promise<AccessToken>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  const tokens = new AccessTokens({
    obtain,
    audience: "api",
    log,
    secrets: new SecretStore().runner,
    timing: defaultTiming,
  });
  const wanted = tokens.headers(AT);
  tokens.close();
  await expect(wanted).rejects.toThrow(/^no access token: /);
  expect(lines).toEqual([]);
});
