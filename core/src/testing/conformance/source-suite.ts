import { randomUUID } from "node:crypto";
import { setImmediate as turn } from "node:timers/promises";
import { expect } from "vitest";
import type { PluginEntry } from "../../config/define-config.ts";
import type { JsonObject } from "../../json/value.ts";
import type { Plugin } from "../../plugin/plugin.ts";
import type { Agent } from "../../run/agent.ts";
import { startRunner } from "../runner/start-runner.ts";
import type { TestRunner } from "../runner/test-runner.ts";
import { GatedExecutor } from "./gated-executor.ts";
import { leavingNoHandle } from "./leaving-no-handle.ts";
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
  /** Hands out a run with these parameters, of an agent of the name `conformance`; resolves with what this world calls it. */
  send(parameters: JsonObject): Promise<string>;
  /** What it has taken in of a run, in order. What it recognises as a repetition does not count. */
  heard(run: string): readonly Heard[];
  /** Resolves when it has taken in the end of a run, or waits for it no more. */
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

/** A run as its world calls it, and as the executor knows it. */
interface Sent {
  readonly name: string;
  readonly mark: string;
}

const AGENTS: readonly Agent[] = [{ name: "conformance", command: "/conformance" }];

/** Declares what every lease source must do: order, one settlement, back-pressure, de-duplication, reconnection, answers. */
export function sourceConformance<World extends SourceWorld>(subject: SourceSubject<World>): void {
  const within = (use: (world: World, executor: GatedExecutor, bench: TestRunner) => Promise<void>) =>
    leavingNoHandle(async () => {
      await using world = await subject.open();
      const executor = new GatedExecutor();
      await using bench = await startRunner([executor.plugin, world.companions?.(), world.create()], {
        agents: AGENTS,
        verifyHandles: false,
      });
      await use(world, executor, bench);
    });

  suite(`source ${subject.name}`, ({ point, pointOf }) => {
    point("reports a run in order, and its end once", () =>
      within(async (world) => {
        const runs = await Promise.all([1, 2, 3].map((n) => send(world, { n })));
        for (const { name } of runs) await world.ended(name);
        for (const { name } of runs) expectInOrder(world.heard(name));
      }),
    );

    point("leases no more than it has slots, and goes on when one is free", () =>
      within(async (world, executor) => {
        const { slots } = subject;
        const runs: Sent[] = [];
        for (let n = 0; n < slots + 2; n++) runs.push(await send(world, { held: true, n }));
        await executor.hasBegun(slots);
        for (let released = 0; released < runs.length; released++) {
          await executor.hasBegun(Math.min(slots + released, runs.length));
          executor.release(executor.begun[released] ?? "");
        }
        for (const { name } of runs) await world.ended(name);
        expect(executor.most).toBe(slots);
        expectBegun(executor, runs);
      }),
    );

    pointOf("executes a lease once that is handed out twice", subject.resend, (resend) =>
      within(async (world, executor) => {
        const run = await send(world, { held: true });
        await executor.hasBegun(1);
        await resend(world, run.name);
        const behind = await send(world, { n: 2 });
        await world.ended(behind.name);
        executor.release(run.mark);
        await world.ended(run.name);
        expect(executor.begun).toEqual([run.mark, behind.mark]);
        expectInOrder(world.heard(run.name));
      }),
    );

    pointOf("hears a stop while a run is under way", subject.stop, (stop) =>
      within(async (world, executor, bench) => {
        const { name, mark } = await send(world, { held: true });
        await executor.hasBegun(1);
        await stop(world, name);
        await world.ended(name);
        const { status } = await bench.told("outcome", ({ run }) => run === executor.idOf(mark));
        expect(status).toBe("stopped");
      }),
    );

    pointOf("leases again after its connections broke", subject.disconnect, (disconnect) =>
      within(async (world, executor) => {
        const held = await send(world, { held: true });
        await executor.hasBegun(1);
        await disconnect(world);
        executor.release(held.mark);
        const next = await send(world, { n: 2 });
        await world.ended(held.name);
        await world.ended(next.name);
        expectBegun(executor, [held, next]);
      }),
    );

    pointOf("tells an end once whose acknowledgement was lost", subject.loseAcknowledgement, (loseAcknowledgement) =>
      within(async (world, executor, bench) => {
        loseAcknowledgement(world);
        const { name, mark } = await send(world, { n: 1 });
        await world.ended(name);
        await bench.told("delivery", ({ run, answer }) => run === executor.idOf(mark) && answer !== "accepted");
        await nothingOwed(bench);
        expectInOrder(world.heard(name));
      }),
    );

    pointOf("lets go of a run that the far side does not know", subject.forget, (forget) =>
      within(async (world, executor, bench) => {
        const { name, mark } = await send(world, { held: true });
        await executor.hasBegun(1);
        await forget(world, name);
        executor.release(mark);
        await bench.told("delivery", ({ run, answer }) => run === executor.idOf(mark) && answer === "gone");
        const next = await send(world, { n: 2 });
        await world.ended(next.name);
      }),
    );
  });
}

async function send(world: SourceWorld, parameters: JsonObject): Promise<Sent> {
  const mark = randomUUID();
  return { mark, name: await world.send({ ...parameters, mark }) };
}

function expectBegun({ begun }: GatedExecutor, runs: readonly Sent[]): void {
  expect(begun.toSorted()).toEqual(runs.map(({ mark }) => mark).toSorted());
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
