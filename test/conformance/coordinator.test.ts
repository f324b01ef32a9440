import { coordinator } from "@leasehold/coordinator";
import { echo } from "@leasehold/profile-echo";
import { pluginConformance, sourceConformance } from "leasehold/testing";
import { CoordinatorWorld } from "./coordinator-world.ts";

pluginConformance({
  create: () => coordinator({ url: "http://127.0.0.1:9" }),
  companions: () => [echo()],
  refuses: {
    url: () => coordinator({ url: "ftp://coordinator" }),
    concurrency: () => coordinator({ concurrency: 0 }),
  },
});

sourceConformance<CoordinatorWorld>({
  name: "coordinator",
  slots: CoordinatorWorld.slots,
  open: CoordinatorWorld.open,
  resend: (world) => world.resend(),
  stop: (world, run) => world.stop(run),
  disconnect: (world) => world.disconnect(),
  loseAcknowledgement: (world) => world.loseAcknowledgement(),
  forget: (world, run) => world.forget(run),
});
