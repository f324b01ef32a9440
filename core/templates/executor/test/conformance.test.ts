import type { JsonObject } from "leasehold";
import { doesNotApply, executorConformance, pluginConformance } from "leasehold/testing";
import { samplePlugin } from "../src/index.ts";

const agent = { name: "hello", command: "sample-plugin" };
const run = (parameters: JsonObject) => ({ agent, parameters });

pluginConformance({
  create: () => samplePlugin(),
  refuses: { greeting: () => samplePlugin({ greeting: 5 as never }) },
  differs: {
    create: () => samplePlugin({ greeting: "Good morning," }),
    shows: async (bench) => (await (await bench.submit(run({ text: "you" }))).outcome).result?.text,
  },
});

executorConformance({
  create: () => samplePlugin(),
  echoes: (text) => run({ text }),
  endless: run({ seconds: 86_400 }),
  fails: run({ times: -1 }),
  floods: run({ text: "x".repeat(1_000), times: 100 }),
  reveals: doesNotApply("its runs see no environment, for it starts no process"),
  owns: doesNotApply("all that it does is in this process, and ends with it"),
  leavesBehind: doesNotApply("it starts nothing that could outlive a run"),
});
