// What tests of plugins must not be able to write. Checked by the compiler alone.
import { succeeded } from "leasehold";
import { doesNotApply, executorConformance, pluginConformance, startRunner } from "leasehold/testing";
import { executor } from "../fixtures/kinds.ts";

const create = () => executor(() => succeeded());
const run = { agent: "any" };

// @ts-expect-error a point is tried, or it says why it is not
executorConformance({
  create,
  echoes: () => run,
  endless: run,
  fails: run,
  floods: run,
  reveals: run,
  owns: doesNotApply(""),
});
// @ts-expect-error a reason is given
doesNotApply();
// @ts-expect-error a factory, so that each point has a plugin of its own
pluginConformance({ create: create() });
// @ts-expect-error plugins are a list
void startRunner(create());
// @ts-expect-error a coordinator is started, not given
void startRunner([create()], { coordinator: "http://localhost:8765" });

export async function uses(): Promise<void> {
  await using bench = await startRunner([create()]);
  const { outcome } = await bench.submit(run);
  // @ts-expect-error an outcome is awaited
  outcome.status;
  // @ts-expect-error only events that there are
  await bench.told("finish");
  await bench.told("outcome", ({ status }) => status === "failed");
}
