import { type LeasedRun, type Slot, succeeded, token } from "leasehold";
import { describe, expect, it } from "vitest";
import { executor } from "../../fixtures/kinds.ts";
import { lease } from "../../fixtures/leasing.ts";
import { QueueSource } from "../../fixtures/queue-source.ts";
import { leased } from "../../fixtures/runner.ts";

describe("offers", () => {
  it("never execute more at once than there are slots", async () => {
    const source = new QueueSource({ slots: 3 });
    let [now, most] = [0, 0];
    const full = Promise.withResolvers<void>();
    await lease(
      [source],
      [
        executor(async () => {
          most = Math.max(most, ++now);
          if (now === 3) full.resolve();
          await full.promise;
          await new Promise((resolve) => setImmediate(resolve));
          now--;
          return succeeded();
        }),
      ],
    );
    const offered = await Promise.all(Array.from({ length: 20 }, (_, n) => source.offer(leased(`run-${n}`))));
    await Promise.all(offered.map(({ outcome }) => outcome));
    expect(most).toBe(3);
  });

  it("hear stops while all slots are busy", async () => {
    const source = new QueueSource();
    const entered = Promise.withResolvers<void>();
    await lease(
      [source],
      [
        executor(
          (run) =>
            new Promise((_, reject) => {
              run.signal.addEventListener("abort", () => reject(new Error()));
              entered.resolve();
            }),
        ),
      ],
    );
    const { outcome } = await source.offer(leased());
    await entered.promise;
    const feed = await source.feed;
    expect([feed.trySlot(), feed.running()]).toEqual([undefined, ["run-1"]]);
    expect(await feed.stop({ run: "run-1" })).toBe("stopping");
    expect((await outcome).status).toBe("stopped");
    expect(feed.running()).toEqual([]);
  });

  it("are refused in a slot that was used or released before", async () => {
    const source = new QueueSource({ slots: 2 });
    await lease([source], [executor(() => succeeded())]);
    const feed = await source.feed;
    const used = await feed.slot();
    await feed.offer({ ref: null, run: leased("one") }, used).outcome;
    expect(() => feed.offer({ ref: null, run: leased("two") }, used)).toThrow(
      'lease source "queue": it offered run "two" in a slot that was used or released before',
    );
    const released = await feed.slot();
    released.release();
    expect(() => feed.offer({ ref: null, run: leased("three") }, released)).toThrow("used or released");
    expect(() => feed.offer({ ref: null, run: leased("four") }, { release() {} } as Slot)).toThrow("used or released");
    expect(feed.running()).toEqual([]);
  });

  it.each<[what: string, ref: unknown, problem: string]>([
    ["a function", { a: [() => 1] }, "ref.a[0] is a function"],
    ["a date", { at: new Date(0) }, "ref.at is a Date"],
    ["a big number", { n: 1n }, "ref.n is a bigint"],
    ["not a number", Number.NaN, "ref is NaN"],
    ["nothing", undefined, "ref is a undefined"],
    ["a circle", circle(), "nested deeper than 50 levels"],
  ])("are refused when the ref is or holds %s", async (_what, ref, problem) => {
    const source = new QueueSource();
    await lease([source], [executor(() => succeeded())]);
    const feed = await source.feed;
    const slot = await feed.slot();
    expect(() => feed.offer({ ref: ref as never, run: leased() }, slot)).toThrow(problem);
    await feed.offer({ ref: { lease: "run-1" }, run: leased() }, slot).outcome;
  });

  it("keep the ref as it was, whatever the source does to its own", async () => {
    const source = new QueueSource();
    const { event } = await lease([source], [executor(() => succeeded())]);
    const feed = await source.feed;
    const ref = { lease: "run-1" };
    feed.offer({ ref, run: leased() }, await feed.slot());
    ref.lease = "other";
    await event("delivery", ({ report }) => report === "settled");
    expect(source.attempts.at(-1)?.ref).toEqual({ lease: "run-1" });
  });

  it("that are malformed cost no slot", async () => {
    const source = new QueueSource();
    await lease([source], [executor(() => succeeded())]);
    const feed = await source.feed;
    const slot = await feed.slot();
    expect(() => feed.offer({ ref: null, run: { id: "x" } as LeasedRun }, slot)).toThrow(TypeError);
    expect(feed.running()).toEqual([]);
    expect((await feed.offer({ ref: null, run: leased() }, slot).outcome).status).toBe("succeeded");
  });

  it.each([
    ["no object", "[1]", "parameters are not a JSON object"],
    ["no JSON", "{", "parameters are invalid"],
    ["nested too deeply", `{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}`, "nested deeper than 500 levels"],
  ])("with parameters that are %s are refused clearly", async (_what, parametersText, problem) => {
    const source = new QueueSource();
    await lease([source], [executor(() => succeeded())]);
    const { outcome } = await source.offer(leased("run-1", { parametersText }));
    expect(await outcome).toMatchObject({
      status: "refused",
      error: { code: "RUN_INVALID", message: expect.stringContaining(problem) },
    });
  });

  it("carry ten megabytes of parameters, frozen", async () => {
    const source = new QueueSource();
    const parametersText = JSON.stringify({
      list: Array.from({ length: 1_000 }, () => ({ text: "x".repeat(10_000) })),
    });
    await lease(
      [source],
      [
        executor((run) =>
          succeeded(Object.isFrozen((run.parameters["list"] as object[])[999]) && run.parametersText.length > 1e7),
        ),
      ],
    );
    expect((await (await source.offer(leased("run-1", { parametersText }))).outcome).result?.text).toBe("true");
  });
});

describe("a run offered again", () => {
  it("joins the one that runs", async () => {
    const source = new QueueSource({ slots: 2 });
    const go = Promise.withResolvers<void>();
    let executed = 0;
    await lease(
      [source],
      [
        executor(async () => {
          executed++;
          await go.promise;
          return succeeded(1);
        }),
      ],
    );
    const first = await source.offer(leased());
    const second = await source.offer(leased());
    expect([first.verdict, second.verdict]).toEqual(["started", "joined"]);
    go.resolve();
    expect(await second.outcome).toBe(await first.outcome);
    expect(executed).toBe(1);
  });

  it("has its recorded outcome delivered again, marked as uncertain", async () => {
    const source = new QueueSource();
    await lease([source], [executor(() => succeeded(1))]);
    const first = await source.offer(leased());
    await source.releases(1);
    const second = await source.offer(leased());
    expect(second.verdict).toBe("settled");
    expect(await second.outcome).toBe(await first.outcome);
    await source.releases(2);
    expect(source.reported("run-1")).toEqual(["started", "settled", "settled"]);
    expect(source.attempts.map(({ attempt }) => attempt.uncertain)).toEqual([false, false, true]);
    expect(await (await source.feed).slot()).toBeDefined();
  });

  it("is not reported twice while the first report is under way", async () => {
    const source = new QueueSource();
    const hold = Promise.withResolvers<"accepted">();
    source.answer = ({ report }) => (report["type"] === "settled" ? hold.promise : "accepted");
    const { drain, ended } = await lease([source], [executor(() => succeeded(1))]);
    await (await source.offer(leased())).outcome;
    expect((await source.offer(leased())).verdict).toBe("settled");
    hold.resolve("accepted");
    drain.abort();
    await ended;
    expect(source.reported("run-1")).toEqual(["started", "settled"]);
  });
});

describe("a run's services", () => {
  it("are its own", async () => {
    const Counter = token<{ count: number }>("test/counter");
    const source = new QueueSource();
    await lease(
      [source],
      [
        executor((run) => {
          run.services.provide(Counter, { useFactory: () => ({ count: 0 }) });
          run.services.get(Counter).count++;
          return succeeded(run.services.get(Counter).count);
        }),
      ],
    );
    const texts = [];
    for (const id of ["one", "two"]) texts.push((await (await source.offer(leased(id))).outcome).result?.text);
    expect(texts).toEqual(["1", "1"]);
  });
});

function circle(): object {
  const round: Record<string, unknown> = {};
  round["round"] = round;
  return round;
}
