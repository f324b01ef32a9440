import { definePlugin, defineProfile, ProcessLauncher, succeeded } from "leasehold";

declare module "leasehold" {
  interface EntrypointKinds {
    nothing: { readonly ms: number };
  }
}

/** A profile with one agent. Two runners of one coordinator cannot offer agents of the same name. */
export function offering(agent: string) {
  return defineProfile({
    name: "bench",
    directory: new URL("..", import.meta.url),
    executor: { type: "procedural", command: "bench" },
    agents: [{ name: agent, description: "Says hello", command: "agents/hello" }],
  });
}

/** Takes every run and succeeds after so many milliseconds, without a process. */
export function nothing(ms: number) {
  return definePlugin({
    name: "nothing",
    apiVersion: 1,
    setup({ hooks }) {
      hooks.resolveEntrypoint.tap(() => ({ kind: "nothing", ms }), { order: "first" });
      hooks.execute.for("nothing").tap(async (_run, { ms }) => {
        if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
        return succeeded({});
      });
    },
  })();
}

/** Taps `onLease` so many times with a function that does nothing. */
export function idleTaps(count: number) {
  return definePlugin({
    name: "idle-taps",
    apiVersion: 1,
    setup({ hooks }) {
      for (let number = 0; number < count; number++) hooks.onLease.tap(async () => undefined);
    },
  })();
}

/** Notes when the runner leased a run and when its process was there. */
export function spawnClock(note: (ms: number) => void) {
  return definePlugin({
    name: "spawn-clock",
    apiVersion: 1,
    uses: ["command-executor"],
    setup({ services, telemetry }) {
      let leasedAt = 0;
      telemetry.subscribe(({ type }) => {
        if (type === "lease") leasedAt = performance.now();
      });
      services.override(ProcessLauncher, (inner) => ({
        async launch(owner, spec) {
          const launched = await inner.launch(owner, spec);
          note(performance.now() - leasedAt);
          return launched;
        },
      }));
    },
  })();
}
