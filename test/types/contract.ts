// What plugins may rely on: every argument of every hook. Checked by the compiler alone; taking one away is an error here.
import {
  type Beat,
  decline,
  definePlugin,
  type Entrypoint,
  type Outcome,
  type Run,
  refuse,
  succeeded,
} from "leasehold";
import "../fixtures/kinds.ts";

export default definePlugin({
  name: "contract",
  apiVersion: 1,
  setup({ hooks }) {
    hooks.onLease.tap((run: Run) => (run.id === "" ? refuse("no id") : undefined));
    hooks.resolveEntrypoint.tap((run: Run) => decline(run.agent.name));
    hooks.execute.for("fixture").tap((run: Run, { file }: Entrypoint<"fixture">) => succeeded([run.id, file]));
    hooks.onResult.tap((outcome: Outcome, run: Run) => (run.id === "" ? outcome : undefined));
    hooks.onHeartbeat.tap(({ at }: Beat) => void at, { everySeconds: 5 });
  },
});
