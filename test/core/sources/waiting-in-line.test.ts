import { succeeded } from "leasehold";
import { describe, expect, it } from "vitest";
import { executor } from "../../fixtures/kinds.ts";
import { lease } from "../../fixtures/leasing.ts";
import { QueueSource } from "../../fixtures/queue-source.ts";
import { leased } from "../../fixtures/runner.ts";

/** One slot, with a run in it that ends when the test says so; `executed` are the runs that started, in order. */
async function fullHouse() {
  const source = new QueueSource();
  const executed: string[] = [];
  const [entered, end] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const leasing = await lease(
    [source],
    [
      executor(async (run) => {
        executed.push(run.id);
        entered.resolve();
        if (run.id === "busy") await end.promise;
        return succeeded();
      }),
    ],
  );
  await source.offer(leased("busy"));
  await entered.promise;
  return { source, executed, end: end.resolve, feed: await source.feed, ...leasing };
}

describe("a run that is offered without a slot", () => {
  it("starts at once where one is free", async () => {
    const source = new QueueSource();
    await lease([source], [executor(() => succeeded())]);
    const { outcome } = (await source.feed).offer({ ref: null, run: leased() });
    expect((await outcome).status).toBe("succeeded");
  });

  it("comes before all who wait for a slot", async () => {
    const { source, feed, executed, end } = await fullHouse();
    const other = source.offer(leased("other"));
    const { outcome } = feed.offer({ ref: null, run: leased("in-line") });
    end();
    expect((await outcome).status).toBe("succeeded");
    await (await other).outcome;
    expect(executed).toEqual(["busy", "in-line", "other"]);
  });

  it("can be stopped before it starts", async () => {
    const { feed, source, executed, end } = await fullHouse();
    const { outcome } = feed.offer({ ref: { lease: "in-line" }, run: leased("in-line") });
    expect(feed.running()).toEqual(["busy", "in-line"]);
    expect(await feed.stop({ session: "session-of-in-line" })).toBe("stopping");
    expect((await outcome).status).toBe("stopped");
    await source.releases(1);
    expect(source.reported("in-line")).toEqual(["settled"]);
    end();
    await (await source.offer(leased("next"))).outcome;
    expect(executed).toEqual(["busy", "next"]);
  });

  it("is refused when the runner drains meanwhile", async () => {
    const { feed, executed, end, drain, ended } = await fullHouse();
    const { outcome } = feed.offer({ ref: null, run: leased("in-line") });
    drain.abort();
    expect(await outcome).toMatchObject({ status: "refused", error: { code: "RUNNER_CLOSING" } });
    end();
    await ended;
    expect(executed).toEqual(["busy"]);
  });
});
