// What plugins must not be able to write about hooks. Checked by the compiler alone: `tsc -p tsconfig.check.json`.
import { decline, definePlugin, refuse, succeeded } from "leasehold";

export default definePlugin({
  name: "types",
  apiVersion: 1,
  setup({ hooks, services, log }) {
    // @ts-expect-error a misspelt hook
    hooks.onLeese.tap(() => undefined);
    // @ts-expect-error hooks are tapped, not called
    hooks.onLease.promise({});
    // @ts-expect-error nor called back
    hooks.resolveEntrypoint.callAsync();
    // @ts-expect-error nor intercepted
    hooks.onResult.intercept({});
    // @ts-expect-error there is one way to tap
    hooks.onResult.tapPromise("name", async () => undefined);
    // @ts-expect-error hooks are not replaced
    hooks.onLease = hooks.resolveEntrypoint;
    // @ts-expect-error an order is first or last
    hooks.onLease.tap(() => undefined, { order: "early" });
    // @ts-expect-error stages are not offered
    hooks.onLease.tap(() => undefined, { stage: -10 });

    // @ts-expect-error onLease admits by answering nothing
    hooks.onLease.tap(() => true);
    // @ts-expect-error null is never an answer
    hooks.onLease.tap(() => null);
    // @ts-expect-error refusing is for onLease
    hooks.resolveEntrypoint.tap(() => refuse("no"));
    // @ts-expect-error declining is for resolveEntrypoint
    hooks.onLease.tap(() => decline("no"));
    // @ts-expect-error a refusal names its reason
    hooks.onLease.tap(() => refuse());

    // @ts-expect-error null is no outcome
    hooks.onResult.tap(() => null);
    // @ts-expect-error an outcome has a status that is known
    hooks.onResult.tap((outcome) => ({ ...outcome, status: "done" }));
    // @ts-expect-error an outcome is not changed in place
    hooks.onResult.tap((outcome) => void delete outcome.error);
    // @ts-expect-error the outcome comes first, then the run
    hooks.onResult.tap((run) => void run.parameters);

    // @ts-expect-error a heartbeat names its interval
    hooks.onHeartbeat.tap(() => undefined);
    // @ts-expect-error in seconds
    hooks.onHeartbeat.tap(() => undefined, { everyMs: 5 });
    // @ts-expect-error a beat has no outcome
    hooks.onHeartbeat.tap(() => succeeded(), { everySeconds: 5 });

    hooks.onLease.tap((run) => {
      run.env["A"] = "a";
      run.limits.timeoutSeconds = 5;
      // @ts-expect-error variables are text
      run.env["A"] = 5;
      // @ts-expect-error taps do not change where a run works
      run.projectDir = "/";
      // @ts-expect-error nor its parameters
      run.parameters = {};
      // @ts-expect-error nor its agent
      run.agent.name = "other";
      // @ts-expect-error nor settle it
      run.abort();
    });

    // @ts-expect-error the container itself is not handed out
    services.resolve("x");
    // @ts-expect-error services travel by token, not by name
    services.get("test/x");
    log.info("fine");
  },
});
