// What executors must not be able to write about kinds, outcomes and services. Checked by the compiler alone.
import "../fixtures/kinds.ts";
import {
  definePlugin,
  entrypoint,
  failed,
  keyOf,
  type Outcome,
  type ProcessSpec,
  type Run,
  succeeded,
  token,
  withResult,
} from "leasehold";

entrypoint("fixture", { file: "a" });
// @ts-expect-error a misspelt kind
entrypoint("fixtur", { file: "a" });
// @ts-expect-error a missing member
entrypoint("fixture", {});
// @ts-expect-error an excess member
entrypoint("fixture", { file: "a", flie: "b" });
// @ts-expect-error another kind's members
entrypoint("other", { file: "a" });
// @ts-expect-error a member of another type
entrypoint("other", { count: "1" });

const Count = token<number>("test/count");

export default definePlugin({
  name: "types",
  apiVersion: 1,
  setup({ hooks, services, sources, telemetry, resources, profiles }) {
    hooks.execute.for("fixture").tap((_run, { file }) => succeeded(file));
    // @ts-expect-error a kind that nobody declared
    hooks.execute.for("fixtures");
    // @ts-expect-error the wrong payload
    hooks.execute.for("other").tap((_run, { file }) => succeeded(file));
    // @ts-expect-error a bare value is no outcome
    hooks.execute.for("fixture").tap(() => "done");
    // @ts-expect-error null is no outcome
    hooks.execute.for("fixture").tap(() => null);
    // @ts-expect-error nor is a promise of one
    hooks.execute.for("fixture").tap(async () => null);
    // @ts-expect-error an entrypoint has a declared kind
    hooks.resolveEntrypoint.tap(() => ({ kind: "fixtures", file: "a" }));
    // @ts-expect-error and its members
    hooks.resolveEntrypoint.tap(() => ({ kind: "fixture" }));

    services.provide(Count, { useValue: 1 });
    // @ts-expect-error a service of another type
    services.provide(Count, { useValue: "1" });
    // @ts-expect-error an override keeps the type
    services.override(Count, (inner) => String(inner));
    // @ts-expect-error what is got has the token's type
    services.get(Count).length;
    // @ts-expect-error a service may be missing
    services.find(Count).toFixed();

    // @ts-expect-error a source says how it delivers
    sources.add({ name: "s", slots: 1, start: async () => undefined });
    // @ts-expect-error in one of two ways
    sources.add({ name: "s", delivery: "eventual", slots: 1, start: async () => undefined });
    // @ts-expect-error an attempt is answered with one of four answers
    sources.add({ name: "s", delivery: "durable", slots: 1, start: async () => undefined, deliver: async () => "ok" });
    // @ts-expect-error a claim names kind and id
    resources.own({ kind: "container" });
    // @ts-expect-error a handler verifies
    resources.handle("container", { end: async () => ({ signals: [], survivors: 0, ms: 0 }) });
    // @ts-expect-error a profile names its executor's type
    profiles.add({ name: "p", directory: "/", executor: {}, agents: [] });
    telemetry.subscribe((event) => {
      // @ts-expect-error only outcomes have a status
      event.status;
      if (event.type === "outcome") return void event.status;
      // @ts-expect-error an event of a type that there is not
      if (event.type === "finish") return;
    });
    keyOf(Count);
  },
});

// @ts-expect-error a failure says why
failed();
// @ts-expect-error an outcome's details are known
succeeded(1, { exitcode: 0 });
// @ts-expect-error a result is JSON
withResult(succeeded(), () => 1);
// @ts-expect-error a session is finished or idle
succeeded(1, { session: "open" });

export function outcomes(outcome: Outcome, run: Run, spec: ProcessSpec): void {
  // @ts-expect-error outcomes are not changed
  outcome.exitCode = 1;
  // @ts-expect-error an outcome may have no result
  outcome.result.text;
  // @ts-expect-error an event has a type
  run.emit({ data: {} });
  // @ts-expect-error argv is a list, there is no shell
  void ({ ...spec, args: "-c ls" } satisfies ProcessSpec);
}
