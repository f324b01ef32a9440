import { median } from "../hold-contest.ts";
import type { Measure } from "../measure.ts";
import { Subject } from "../subject.ts";

/** V8 has compiled the way of a run by then, on both sides; until then a pickup takes up to twice as long. */
const WARM_UP = 1_500;

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
    const pickups = async (count: number) => {
      const times: number[] = [];
      for (let number = 0; number < count; number++) {
        await coordinator.call("expectPoll");
        await runner.call("expectLease");
        const submitted = await coordinator.call<number>("submitted", "hello");
        times.push((await runner.call<number>("leasedAt")) - submitted);
        await coordinator.call("polled");
      }
      return median(times);
    };
    const roundTrips = async (count: number) => {
      const times: number[] = [];
      for (let number = 0; number < count; number++) times.push(await caller.call<number>("roundTrip", url));
      return median(times);
    };
    if (scale === "full") {
      await pickups(WARM_UP);
      await roundTrips(WARM_UP);
    }
    return {
      value: () => pickups(count),
      baseline: () => roundTrips(count),
      async close() {
        await caller.close();
        await runner.close();
        await coordinator.close();
      },
    };
  },
};
