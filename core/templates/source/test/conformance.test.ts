import { doesNotApply, pluginConformance, sourceConformance } from "leasehold/testing";
import { samplePlugin } from "../src/index.ts";
import { DirectoryWorld } from "./directory-world.ts";

pluginConformance({
  create: () => samplePlugin({ directory: "runs" }),
  refuses: {
    directory: () => samplePlugin({ directory: "" }),
    slots: () => samplePlugin({ directory: "runs", slots: 0 }),
  },
  differs: {
    create: () => samplePlugin({ directory: "runs", slots: 7 }),
    shows: async ({ runner }) => runner.status().sources.find(({ name }) => name === "sample-plugin")?.slots,
  },
});

sourceConformance<DirectoryWorld>({
  name: "sample-plugin",
  slots: DirectoryWorld.slots,
  open: DirectoryWorld.open,
  resend: (world, run) => world.resend(run),
  stop: (world, run) => world.stop(run),
  disconnect: doesNotApply("files need no connection"),
  loseAcknowledgement: doesNotApply("a file is written or it is not"),
  forget: doesNotApply("a run's outcome is written, whoever wanted it"),
});
