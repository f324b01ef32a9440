import { setImmediate as turn } from "node:timers/promises";
import { expect } from "vitest";
import type { PluginEntry } from "../../config/define-config.ts";
import type { JsonObject } from "../../json/value.ts";
import type { Plugin } from "../../plugin/plugin.ts";
import type { Agent } from "../../run/agent.ts";
import { startRunner } from "../runner/start-runner.ts";
import type { TestRunner } from "../runner/test-runner.ts";
import { GatedExecutor } from "./gated-executor.ts";
import type { Point } from "./subject.ts";
import { suite } from "./suite.ts";

/** What the far side was told of a run: its start, something on the way, its end. */
export type Heard = "started" | "event" | "end";

/** The far side of a lease source: a broker, a coordinator. One for each point. */
export interface SourceWorld extends AsyncDisposable {
  /** Makes the plugin that leases from this world. */
  create(): Plugin;
  /** What the plugin depends on. */
  readonly companions?: () => readonly PluginEntry[];
  /** Hands out a run with these parameters, of an agent of the name `conformance`; resolves with the id that the run will have. */
  send(parameters: JsonObject): Promise<string>;
  /** What it has taken in of a run, in order. What it recognises as a repetition does not count. */
  heard(run: string): readonly Heard[];
  /** Resolves when it has taken in the end of a run. */
  ended(run: string): Promise<void>;
}

/** A lease source, and what can happen to it. */
export interface SourceSubject<World extends SourceWorld> {
  readonly name: string;
  /** How many runs it may have at once, as `create` has it; at least 2. */
  readonly slots: number;
  open(): Promise<World>;
  /** Hands out a lease once more, while its run is under way. */
  readonly resend: Point<(world: World, run: string) => Promise<void>>;
  /** Asks for the stop of a run. */
  readonly stop: Point<(world: World, run: string) => Promise<void>>;
  /** Breaks every connection, and lets new ones come about after a while. */
  readonly disconnect: Point<(world: World) => Promise<void>>;
  /** The next report of an end is taken in, and the answer to it is lost. */
  readonly loseAcknowledgement: Point<(world: World) => void>;
  /** From now on the far side does not know this run. */
  readonly forget: Point<(world: World, run: string) => Promise<void>>;
}

const AGENTS: readonly Agent[] = [{ name: "conformance", command: "/conformance" }];

/** Declares what every lease source must do: order, one settlement, back-pressure, de-duplication, reconnection, answers. */
export function sourceConformance<World extends SourceWorld>(subject: SourceSubject<World>): void {
  const within = async (use: (world: World, executor: GatedExecutor, bench: TestRunner) => Promise<void>) => {
    await using world = await subject.open();
    const executor = new GatedExecutor();
    await using bench = await startRunner([world.companions?.(), world.create(), executor.plugin], {
      agents: AGENTS,
      // The world is open before and after, so that connections to it may outlast the runner by a moment.
      verifyHandles: false,
    });
    await use(world, executor, bench);
  };

  suite(`source ${subject.name}`, ({ point, pointOf }) => {
    point("reports a run in order, and its end once", () =>
      within(async (world) => {
        const runs = await Promise.all([1, 2, 3].map((n) => world.send({ n })));
        for (const run of runs) await world.ended(run);
        for (const run of runs) expectInOrder(world.heard(run));
      }),
    );

    point("leases no more than it has slots, and goes on when one is free", () =>
      within(async (world, executor) => {
        const { slots } = subject;
        const runs: string[] = [];
        for (let n = 0; n < slots + 2; n++) runs.push(await world.send({ held: true, n }));
        await executor.hasBegun(slots);
        for (let released = 0; released < runs.length; released++) {
          await executor.hasBegun(Math.min(slots + released, runs.length));
          executor.release(executor.begun[released] ?? "");
        }
        for (const run of runs) await world.ended(run);
        expect(executor.most).toBe(slots);
        expect(executor.begun.toSorted()).toEqual(runs.toSorted());
      }),
    );

    pointOf("executes a lease once that is handed out twice", subject.resend, (resend) =>
      within(async (world, executor) => {
        const run = await world.send({ held: true });
        await executor.hasBegun(1);
        await resend(world, run);
        const behind = await world.send({ n: 2 });
        await world.ended(behind);
        executor.release(run);
        await world.ended(run);
        expect(executor.begun).toEqual([run, behind]);
        expectInOrder(world.heard(run));
      }),
    );

    pointOf("hears a stop while a run is under way", subject.stop, (stop) =>
      within(async (world, executor, bench) => {
        const run = await world.send({ held: true });
        await executor.hasBegun(1);
        await stop(world, run);
        await world.ended(run);
        const { status } = await bench.told("outcome", (event) => event.run === run);
        expect(status).toBe("stopped");
      }),
    );

    pointOf("leases again after its connections broke", subject.disconnect, (disconnect) =>
      within(async (world, executor) => {
        const held = await world.send({ held: true });
        await executor.hasBegun(1);
        await disconnect(world);
        executor.release(held);
        const next = await world.send({ n: 2 });
        await world.ended(held);
        await world.ended(next);
        expect(executor.begun.toSorted()).toEqual([held, next].toSorted());
      }),
    );

    pointOf("tells an end once whose acknowledgement was lost", subject.loseAcknowledgement, (loseAcknowledgement) =>
      within(async (world, _executor, bench) => {
        loseAcknowledgement(world);
        const run = await world.send({ n: 1 });
        await world.ended(run);
        await bench.told("delivery", (event) => event.run === run && event.answer !== "accepted");
        await nothingOwed(bench);
        expectInOrder(world.heard(run));
      }),
    );

    pointOf("lets go of a run that the far side does not know", subject.forget, (forget) =>
      within(async (world, executor, bench) => {
        const run = await world.send({ held: true });
        await executor.hasBegun(1);
        await forget(world, run);
        executor.release(run);
        await bench.told("delivery", (event) => event.run === run && event.answer === "gone");
        const next = await world.send({ n: 2 });
        await world.ended(next);
      }),
    );
  });
}

function expectInOrder(heard: readonly Heard[]): void {
  const ends = heard.filter((what) => what === "end");
  expect(ends, `ends among ${heard.join(", ")}`).toHaveLength(1);
  expect(heard.at(-1)).toBe("end");
  if (heard.includes("started")) expect(heard.indexOf("started")).toBe(0);
}

/** Nothing is told when the core is done with a report, a turn after it was accepted. */
async function nothingOwed({ runner }: TestRunner): Promise<void> {
  while (runner.status().sources.some(({ owed }) => owed > 0)) await turn();
}
