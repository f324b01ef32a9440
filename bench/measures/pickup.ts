import { median } from "../hold-contest.ts";
import type { Measure } from "../measure.ts";
import { Subject } from "../subject.ts";

/**
 * From the arrival of a submission at the coordinator, which has still to make a run of it, to the run's lease by a runner
 * that waits for work. The way of the submission to the coordinator is no part of a pickup.
 */
export const pickup: Measure = {
  name: "pickup by an idle runner, p50",
  unit: "ms",
  baseline: "one HTTP round trip on loopback",
  bar: { kind: "ratio at most", limit: 3 },
  async open(scale) {
    const count = scale === "quick" ? 3 : 300;
    const [coordinator, runner] = [new Subject("coordinator"), new Subject("leasehold")];
    const caller = new Subject("bare-runner");
    const url = await coordinator.call<string>("url");
    await coordinator.call("expectPoll");
    await runner.call("start", { url, slots: 4, executor: "nothing" });
    // Until it has polled, nobody offers the agent, and runs of it are refused.
    await coordinator.call("polled");
    return {
      async value() {
        const times: number[] = [];
        for (let number = 0; number < count; number++) {
          await coordinator.call("expectPoll");
          await runner.call("expectLease");
          const submitted = await coordinator.call<number>("submitted", "hello");
          times.push((await runner.call<number>("leasedAt")) - submitted);
          await coordinator.call("polled");
        }
        return median(times);
      },
      async baseline() {
        const times: number[] = [];
        for (let number = 0; number < count; number++) times.push(await caller.call<number>("roundTrip", url));
        return median(times);
      },
      async close() {
        await caller.close();
        await runner.close();
        await coordinator.close();
      },
    };
  },
};
