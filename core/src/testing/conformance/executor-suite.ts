import { randomUUID } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "vitest";
import type { PluginEntry } from "../../config/define-config.ts";
import type { Plugin } from "../../plugin/plugin.ts";
import type { EventOf } from "../runner/hearing.ts";
import { startRunner, type TestRunnerSettings } from "../runner/start-runner.ts";
import type { Submission, Submitted, TestRunner } from "../runner/test-runner.ts";
import { isAlive, nothingAlive } from "./alive.ts";
import { endedByItself, goesOn } from "./ended-by-itself.ts";
import { recoverInNextRunner } from "./recovery.ts";
import { applies, type Point } from "./subject.ts";
import { suite } from "./suite.ts";
import { expectTakenBy } from "./taken-by.ts";
import { expectEnded } from "./told-to-end.ts";
import { withVariable } from "./with-variable.ts";

/** Pairs of runs, until nothing new is left in the directory for temporary files. */
const MOST_TRIALS = 5;

/** What an executor starts outside of this process's memory. */
export interface OwnedThings {
  /** The kind of resource that it owns them as. */
  readonly kind: string;
  /**
   * How many things are alive that runs which work in this directory have started: of things that several runs share, a
   * container that serves them all say, what goes on in them for a run.
   */
  alive(projectDir: string): Promise<number>;
  /** How long after its run's end one may be alive, where it hears of that end from afar; 0 unless given. */
  readonly lagSeconds?: number;
}

/** An executor, and runs that it must be able to take. Their agents are whatever the executor resolves. */
export interface ExecutorSubject {
  create(): Plugin;
  /** What it depends on. */
  readonly companions?: () => readonly PluginEntry[];
  /** Sees to what its runs need beside the plugins, in each runner anew: deploys what they call, say. */
  readonly prepare?: (bench: TestRunner<never>) => Promise<void>;
  /** A run that succeeds at once, with the text somewhere in its result. */
  echoes(text: string): Submission;
  /** A run that goes on until it is ended, or for more than a minute. */
  readonly endless: Submission;
  /** A run that the executor takes, and that fails by itself: with the executor's own code, not by a throw. */
  readonly fails: Point<Submission>;
  /** A run that produces at least 64 KiB. */
  readonly floods: Point<Submission>;
  /** A run that tells every variable of its environment, in its result or in its log. */
  readonly reveals: Point<Submission>;
  /** What it starts outside of this process's memory: processes, containers, connections that hold work. */
  readonly owns: Point<OwnedThings>;
  /** A run that ends by itself and leaves something behind that is still alive. */
  readonly leavesBehind: Point<Submission>;
}

/** What a throw of an executor is settled as. */
const THROWN = "TAP_FAILED";
const OUTPUT_BYTES = 4_096;
/** Two streams, quoted as JSON in JSON, and what stands around them. */
const MOST_RESULT_BYTES = 16 * OUTPUT_BYTES;

/** Declares what every executor must do: answer, fail, stop, keep its limits, and leave nothing behind. */
export function executorConformance(subject: ExecutorSubject): void {
  const { name } = subject.create().definition;
  const boot = (settings: TestRunnerSettings<never> = {}) =>
    startRunner<never>([subject.companions?.(), subject.create()], settings);
  const start = async (settings?: TestRunnerSettings<never>) => {
    const bench = await boot(settings);
    return Promise.resolve(subject.prepare?.(bench)).then(
      () => bench,
      (thrown) => bench.close().then(() => Promise.reject(thrown)),
    );
  };

  suite(`executor ${name}`, ({ point, pointOf }) => {
    point("answers with the result of its own run, many at once", async () => {
      await using bench = await start({ slots: 4 });
      const texts = Array.from({ length: 12 }, (_, n) => `text-${n}-${randomUUID()}`);
      const runs = await Promise.all(texts.map((text) => bench.submit(subject.echoes(text))));
      for (const [n, run] of runs.entries()) {
        const outcome = await run.outcome;
        expect(outcome, JSON.stringify(outcome)).toMatchObject({ status: "succeeded" });
        expect(outcome.result?.text).toContain(texts[n]);
      }
      expect(mostBusy(bench)).toBeLessThanOrEqual(4);
    });

    pointOf("says why a run failed", subject.fails, async (fails) => {
      await using bench = await start();
      const run = await bench.submit(fails);
      const outcome = await run.outcome;
      const { status, error: { code = "", message = "" } = {} } = outcome;
      expect(status, JSON.stringify(outcome)).toBe("failed");
      expectTakenBy(bench, name, run.id);
      if (code === THROWN) throw new Error(`it threw (${message}): answer failed({ code, message }) instead`);
      expect(code, "the outcome's error.code").toMatch(/./);
      expect(message, "the outcome's error.message").toMatch(/./);
    });

    point("ends a run that is stopped", async () => {
      await using bench = await start();
      const run = await begun(bench, subject);
      await run.stop();
      expectEnded(await run.outcome, "stopped");
      await expectNothingAlive(bench, subject);
    });

    point("ends a run that is stopped after a while", async () => {
      await using bench = await start();
      const run = await begun(bench, subject);
      await goesOn(run);
      await run.stop();
      expectEnded(await run.outcome, "stopped");
      await expectNothingAlive(bench, subject);
    });

    point("ends a run whose time is up", async () => {
      await using bench = await start({ config: { timeoutSeconds: 0.5 } });
      const outcome = await (await bench.submit(subject.endless)).outcome;
      const { executing = 0, settled = 0 } = outcome.timings ?? {};
      expectEnded(outcome, "failed");
      expect(settled - executing, "milliseconds that it was under way").toBeGreaterThan(400);
      await expectNothingAlive(bench, subject);
    });

    point("ends its runs with the runner", async () => {
      await using bench = await start();
      const run = await begun(bench, subject);
      await bench.close();
      expectEnded(await run.outcome, "stopped");
      await expectNothingAlive(bench, subject);
      expect(leftOf(bench.telemetry), "resources of the runner and its sessions").toEqual([]);
    });

    pointOf("keeps to the limit of output, and says so", subject.floods, async (floods) => {
      await using bench = await start({ config: { outputBytes: OUTPUT_BYTES } });
      const outcome = await (await bench.submit(floods)).outcome;
      const { stdout = 0, stderr = 0 } = outcome.truncated ?? {};
      expectWithin(Buffer.byteLength(outcome.result?.text ?? ""));
      // A result that would be worth nothing in part is refused as a whole.
      if (outcome.status === "failed" && !outcome.truncated)
        expect(outcome.error?.message, "names the limit").toContain(String(OUTPUT_BYTES));
      else expect(stdout + stderr, "bytes that `truncated` says were cut").toBeGreaterThan(0);
    });

    pointOf("leaves no survivors behind a run", subject.leavesBehind, async (leaves) => {
      await using bench = await start();
      const outcome = await (await bench.submit(leaves)).outcome;
      expect(outcome.receipt?.survivors ?? 0).toBe(0);
      await expectNothingAlive(bench, subject);
    });

    point("leaves no temporary files", async () => {
      const directory = await mkdtemp(path.join(tmpdir(), "leasehold-conformance-"));
      const trial = async () => {
        await using bench = await start();
        const left = async () => (await readdir(directory)).toSorted();
        let [before, after] = [["never looked at"], await left()];
        // What an executor keeps for itself may come with any of its first runs; what runs leave behind comes with each.
        for (let trials = 0; trials < MOST_TRIALS && before.join() !== after.join(); trials++) {
          before = after;
          await (await bench.submit(subject.echoes("temporary"))).outcome;
          const run = await begun(bench, subject);
          await run.stop();
          expectEnded(await run.outcome, "stopped");
          after = await left();
        }
        expect(after, "what is left in the directory for temporary files").toEqual(before);
      };
      await withVariable("TMPDIR", directory, trial).finally(() => rm(directory, { recursive: true }));
    });

    pointOf("shows its runs no secret of the runner", subject.reveals, async (reveals) => {
      const secret = randomUUID();
      await withVariable("LEASEHOLD_CONFORMANCE_SECRET", secret, async () => {
        await using bench = await start();
        const outcome = await (await bench.submit(reveals)).outcome;
        expect(outcome.status).toBe("succeeded");
        expect(JSON.stringify([outcome, bench.log, bench.telemetry, bench.source.attempts])).not.toContain(secret);
      });
    });

    pointOf("ends through its resource handler what a killed runner has left", subject.owns, async (owned) => {
      await recoverInNextRunner({ first: start, next: boot }, subject.endless, owned);
    });
  });
}

/** A run that goes on, and all that it starts is there. */
async function begun(bench: TestRunner, { endless, owns }: ExecutorSubject): Promise<Submitted> {
  const run = await bench.submit(endless);
  const isThere = applies(owns)
    ? bench
        .told("resource", ({ act, kind }) => act === "owned" && kind === owns.kind)
        .then(() => isAlive(owns, bench.projectDir))
    : bench.told("phase", ({ phase, run: id }) => phase === "execute" && id === run.id);
  await Promise.race([isThere, endedByItself(run)]);
  return run;
}

function expectWithin(bytes: number): void {
  if (bytes < MOST_RESULT_BYTES) return;
  throw new Error(
    `the result has ${bytes} bytes, where run.limits.outputBytes is ${OUTPUT_BYTES}: cut it, and say in \`truncated\` how much`,
  );
}

async function expectNothingAlive({ telemetry, projectDir }: TestRunner, { owns }: ExecutorSubject): Promise<void> {
  const left = leftOf(telemetry).filter(({ owner }) => owner === "run");
  if (!applies(owns)) {
    const resources = telemetry.filter(({ type }) => type === "resource");
    return void expect(resources, "resources, where the subject says that it owns none").toEqual([]);
  }
  await nothingAlive(owns, projectDir);
  expect(left, "resources of runs").toEqual([]);
}

/** What is owned still. */
function leftOf(telemetry: TestRunner["telemetry"]): EventOf<"resource">[] {
  const resources = telemetry.filter((event) => event.type === "resource");
  const gone = new Set(resources.filter(({ act }) => act !== "owned").map(({ id }) => id));
  return resources.filter(({ id }) => !gone.has(id));
}

function mostBusy({ telemetry }: TestRunner): number {
  return Math.max(0, ...telemetry.map((event) => (event.type === "slot" ? event.busy : 0)));
}
