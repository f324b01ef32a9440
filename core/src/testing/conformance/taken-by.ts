import type { EventOf } from "../runner/hearing.ts";
import type { TestRunner } from "../runner/test-runner.ts";

/** Expects that a run came to be executed, and that it was this plugin which resolved or executed it. */
export function expectTakenBy({ telemetry }: TestRunner, plugin: string, run: string): void {
  const isReached = telemetry.some((event) => event.type === "phase" && event.run === run && event.phase === "execute");
  if (!isReached) throw new Error("the run came to no executor, so it was not this plugin that failed it");
  const taps = telemetry.filter((event) => event.type === "tap" && event.run === run) as EventOf<"tap">[];
  // Taps are asked until one answers, so that the last who was asked has answered.
  const resolver = taps.findLast(({ hook }) => hook === "resolveEntrypoint")?.plugin;
  const executors = taps.filter(({ hook }) => hook.startsWith("execute:")).map((tap) => tap.plugin);
  if (resolver === plugin || executors.includes(plugin)) return;
  throw new Error(`the run was taken by ${resolver ?? "nobody"}, and executed by ${executors.join(", ") || "nobody"}`);
}
