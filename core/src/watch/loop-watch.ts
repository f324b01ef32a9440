import { type EventLoopUtilization, performance } from "node:perf_hooks";
import type { Instrument } from "../hooks/instrument.ts";
import type { Logger } from "../log/logger.ts";
import type { TelemetryHub } from "../telemetry-hub.ts";
import type { LoopReport } from "./loop-report.ts";

/** A turn that is shorter than this may pass between two looks. */
const LOOK_MS = 50;
const REPORT_MS = 10_000;
/** Held longer than this, a beat of a second would be late by more than its tenth. */
const WARN_MS = 100;
const WARN_EVERY_MS = 60_000;

/** Where the watch takes its time from; both in milliseconds. */
export interface Clocks {
  now(): number;
  /** Processor time that this thread has used. */
  cpu(): number;
}

const CLOCKS: Clocks = { now: () => performance.now(), cpu: threadCpuMs };

/**
 * Watches how long the main loop keeps others waiting. A timer of its own looks every 50 ms: how late it comes is what the
 * loop was held for, and the processor time used meanwhile tells our own work from a machine that is busy with others. A look
 * costs a few microseconds.
 */
export class LoopWatch {
  readonly #instrument: Pick<Instrument, "held" | "takeHeld">;
  readonly #telemetry: TelemetryHub;
  readonly #log: Pick<Logger, "warn">;
  readonly #clocks: Clocks;
  #timer: NodeJS.Timeout | undefined;
  #due = 0;
  #cpu = 0;
  #since = 0;
  #utilization: EventLoopUtilization | undefined;
  #longestMs = 0;
  #turnCpuMs = 0;
  #warnedAt = Number.NEGATIVE_INFINITY;
  #unsaid = 0;

  constructor(
    instrument: Pick<Instrument, "held" | "takeHeld">,
    telemetry: TelemetryHub,
    log: Pick<Logger, "warn">,
    clocks = CLOCKS,
  ) {
    this.#instrument = instrument;
    this.#telemetry = telemetry;
    this.#log = log;
    this.#clocks = clocks;
  }

  start(): void {
    clearTimeout(this.#timer);
    this.#instrument.takeHeld();
    this.#begin(this.#clocks.now());
    this.#await();
  }

  /** Reports what has been seen since the last report. */
  stop(): void {
    if (!this.#timer) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#report(this.#clocks.now());
  }

  /** Called whenever the timer comes; public for tests, which have a clock of their own. */
  look(): void {
    const [now, cpu] = [this.#clocks.now(), this.#clocks.cpu()];
    const late = Math.max(0, now - this.#due);
    this.#longestMs = Math.max(this.#longestMs, late);
    this.#turnCpuMs = Math.max(this.#turnCpuMs, Math.min(late, cpu - this.#cpu));
    if (late > WARN_MS) this.#warn(late, Math.min(late, cpu - this.#cpu), now);
    if (now - this.#since >= REPORT_MS) this.#report(now);
  }

  #await(): void {
    this.#due = this.#clocks.now() + LOOK_MS;
    this.#cpu = this.#clocks.cpu();
    this.#timer = setTimeout(() => {
      this.look();
      this.#await();
    }, LOOK_MS);
    this.#timer.unref();
  }

  #begin(now: number): void {
    this.#since = now;
    this.#longestMs = 0;
    this.#turnCpuMs = 0;
    this.#utilization = performance.eventLoopUtilization();
  }

  #report(now: number): void {
    const held = this.#instrument.takeHeld();
    const { utilization } = performance.eventLoopUtilization(this.#utilization);
    const report: LoopReport = {
      ms: Math.round(now - this.#since),
      longestMs: Math.round(this.#longestMs),
      turnCpuMs: Math.round(this.#turnCpuMs),
      utilization: Math.round(utilization * 1_000) / 1_000,
      ...(held ? { held } : {}),
    };
    this.#begin(now);
    if (this.#telemetry.listening) this.#telemetry.tell({ type: "loop", ...report });
  }

  #warn(late: number, cpu: number, now: number): void {
    if (now - this.#warnedAt < WARN_EVERY_MS) {
      this.#unsaid++;
      return;
    }
    const held = this.#instrument.held;
    const [ms, cpuMs, unsaid] = [Math.round(late), Math.round(cpu), this.#unsaid];
    [this.#warnedAt, this.#unsaid] = [now, 0];
    this.#log.warn(
      { ms, cpuMs, unsaid, ...(held ? { held } : {}) },
      `the main loop was held for ${ms} ms: ${causeOf(late, cpu, held)}`,
    );
  }
}

function causeOf(late: number, cpu: number, held: LoopReport["held"]): string {
  if (cpu < late / 2) return "the machine gave the process too little time";
  if (held && held.ms >= late / 2)
    return `plugin "${held.plugin}" worked in ${held.hook} for ${held.ms} ms without a pause`;
  return "the runner or a plugin worked without a pause; no tap was seen to";
}

/** Of this thread, where Node can tell (since 23.9); of the whole process otherwise. */
function threadCpuMs(): number {
  const { user, system } = (process.threadCpuUsage ?? process.cpuUsage).call(process);
  return (user + system) / 1_000;
}
