import { failed, succeeded } from "leasehold";
import { describe, expect, it } from "vitest";
import { Broker } from "../../fixtures/contract/broker.ts";
import { natsSource } from "../../fixtures/contract/nats-source.ts";
import { executor } from "../../fixtures/kinds.ts";
import { boot } from "../../fixtures/runner.ts";

/** A runner that leases from a broker until the test ends. */
async function leaseFrom(broker: Broker, execute: Parameters<typeof executor>[0]) {
  const plugins = [natsSource({ broker, slots: 2 }), executor(execute)];
  const booted = await boot(plugins);
  const never = new AbortController().signal;
  booted.runner.lease({ drain: never, stop: never }).catch(() => undefined);
  const acknowledged = () =>
    booted.event("delivery", ({ report, answer }) => report === "acknowledge" && answer === "accepted");
  return { ...booted, acknowledged };
}

describe("a lease source on a durable queue", () => {
  it("publishes an outcome and acknowledges the message", async () => {
    const broker = new Broker();
    broker.send("adder", '{"a":1}');
    const { acknowledged } = await leaseFrom(broker, (run) => succeeded({ got: run.parameters["a"] ?? null }));
    await acknowledged();
    expect(broker.published).toEqual([
      { subject: "reply.1", body: { run: "nats-1", status: "succeeded", result: '{"got":1}', error: null } },
    ]);
    expect(broker.unacknowledged).toBe(0);
  });

  it("publishes once although the broker's answer was lost", async () => {
    const broker = new Broker();
    broker.losses = 1;
    broker.send("adder", "{}");
    const { acknowledged } = await leaseFrom(broker, () => failed("no"));
    await acknowledged();
    expect(broker.published.map(({ subject }) => subject)).toEqual(["reply.1"]);
    expect(broker.unacknowledged).toBe(0);
  });

  it("does not execute a redelivered message twice", async () => {
    const broker = new Broker();
    const go = Promise.withResolvers<void>();
    let executed = 0;
    broker.send("adder", "{}");
    const { event, acknowledged } = await leaseFrom(broker, async () => {
      executed++;
      await go.promise;
      return succeeded();
    });
    await event("phase", ({ phase }) => phase === "execute");
    broker.redeliver();
    await event("lease", ({ verdict }) => verdict === "joined");
    go.resolve();
    await acknowledged();
    expect([executed, broker.published.length]).toEqual([1, 1]);
  });
});
