import type { Tap as TapableTap } from "tapable";
import { LeaseholdError } from "../errors/leasehold-error.ts";
import { didYouMean } from "../errors/nearest.ts";
import type { Logger } from "../log/logger.ts";
import { Heart, type Pulse } from "./heart.ts";
import { type HookTable, hookNames } from "./hook-table.ts";
import type { Instrument, Manner, Tap } from "./instrument.ts";
import type { Manners } from "./manners.ts";
import type { HeartbeatOptions, Hooks, TapOrder } from "./taps.ts";

const STAGES = { first: -1, last: 1 } as const;

/** Any hook of the table, as far as tapping goes. */
interface Tapped {
  tapAsync(options: TapOptions, fn: Tap): void;
  intercept(interceptor: { register(tap: TapableTap & TapOptions & { fn: Tap }): TapableTap }): void;
}

interface TapOptions {
  readonly name: string;
  readonly stage: number;
  readonly pulse?: Pulse;
}

/** One tap, for reports and conflict checks. */
export interface TapRecord {
  readonly plugin: string;
  readonly hook: string;
  readonly kind?: string;
  readonly ordered: boolean;
}

/** Makes the facades that plugins tap through, and keeps a record of every tap. */
export class TapBoard {
  readonly #table: HookTable;
  readonly #manners: Manners;
  readonly #instrument: Instrument;
  readonly #heart: Heart;
  readonly #log: Logger;
  readonly #kinds = new Set<string>();
  readonly records: TapRecord[] = [];
  #open = true;

  constructor(table: HookTable, manners: Manners, instrument: Instrument, heart: Heart, log: Logger) {
    this.#table = table;
    this.#manners = manners;
    this.#instrument = instrument;
    this.#heart = heart;
    this.#log = log;
    for (const hook of ["onLease", "resolveEntrypoint", "onResult", "onHeartbeat"] as const)
      this.#interceptRegistration(table[hook] as unknown as Tapped, manners[hook]);
  }

  /** Whether plugins may still tap: their setups are under way. */
  get open(): boolean {
    return this.#open;
  }

  /** No tap after this: the setups are over. */
  close(): void {
    this.#open = false;
  }

  /** The hooks as one plugin sees them: `tap` and nothing else; an unknown name is an error with the nearest one. */
  facadeFor(plugin: string): Hooks {
    const facade: Hooks = Object.freeze({
      onLease: this.#tappable(plugin, "onLease"),
      resolveEntrypoint: this.#tappable(plugin, "resolveEntrypoint"),
      execute: Object.freeze({ for: (kind: string) => this.#executor(plugin, kind) }),
      onResult: this.#tappable(plugin, "onResult"),
      onHeartbeat: this.#pulsing(plugin),
    });
    return refuseUnknown(facade);
  }

  #tappable(plugin: string, hook: "onLease" | "resolveEntrypoint" | "onResult") {
    const tapped = this.#table[hook] as unknown as Tapped;
    return Object.freeze({ tap: (fn: Tap, order?: TapOrder) => this.#tap(tapped, { plugin, hook }, fn, order) });
  }

  #executor(plugin: string, kind: string) {
    const tapped = this.#table.execute.for(kind) as unknown as Tapped;
    if (!this.#kinds.has(kind)) {
      this.#kinds.add(kind);
      this.#interceptRegistration(tapped, this.#manners.execute(kind));
    }
    return Object.freeze({
      tap: (fn: Tap, order?: TapOrder) => this.#tap(tapped, { plugin, hook: `execute:${kind}`, kind }, fn, order),
    });
  }

  #pulsing(plugin: string) {
    const tapped = this.#table.onHeartbeat as unknown as Tapped;
    const about = { plugin, hook: "onHeartbeat" };
    return Object.freeze({
      tap: (fn: Tap, options: HeartbeatOptions) => {
        this.#check(about.hook, fn);
        const every = options?.everySeconds;
        if (typeof every !== "function" && !(typeof every === "number" && every > 0))
          throw new LeaseholdError("HOOK_TAP_INVALID", { hook: "onHeartbeat", problem: "no everySeconds above 0" });
        const pulse = this.#heart.add(plugin, every);
        this.#tap(tapped, about, busyWhile(pulse, fn), undefined, pulse);
      },
    });
  }

  #tap(tapped: Tapped, about: Omit<TapRecord, "ordered">, fn: Tap, order?: TapOrder, pulse?: Pulse): void {
    this.#check(about.hook, fn);
    const place = order?.order;
    if (place !== undefined && !Object.hasOwn(STAGES, place))
      throw new LeaseholdError("HOOK_TAP_INVALID", { hook: about.hook, problem: `the order "${String(place)}"` });
    const stage = place === undefined ? 0 : STAGES[place];
    tapped.tapAsync({ name: about.plugin, stage, ...(pulse ? { pulse } : {}) }, fn);
    this.records.push({ ...about, ordered: place !== undefined });
  }

  #check(hook: string, fn: unknown): void {
    if (!this.#open) throw new LeaseholdError("HOOK_TAP_LATE", { hook });
    if (typeof fn !== "function")
      throw new LeaseholdError("HOOK_TAP_INVALID", { hook, problem: `a ${typeof fn} instead of a function` });
  }

  #interceptRegistration(tapped: Tapped, manner: Manner): void {
    tapped.intercept({
      register: (tap) => {
        const wrapped = this.#instrument.wrap(tap.name, manner, tap.fn);
        return { ...tap, fn: tap.pulse ? this.#onlyWhenDue(tap.name, tap.pulse, wrapped) : wrapped };
      },
    });
  }

  /** Lets a beat through to a tap that is due, unless it is still busy with an earlier one. */
  #onlyWhenDue(plugin: string, pulse: Pulse, tap: (...args: unknown[]) => void) {
    return (beat: unknown, done: (error: Error | null) => void) => {
      const now = performance.now();
      if (!Heart.claim(pulse, now)) return done(null);
      if (pulse.busySince !== undefined) {
        const seconds = Math.round((now - pulse.busySince) / 1_000);
        this.#log.warn(
          { plugin, hook: "onHeartbeat" },
          `plugin "${plugin}" skips a beat: its last one still runs after ${seconds} s`,
        );
        return done(null);
      }
      tap(beat, () => done(null));
    };
  }
}

/** Notes since when a tap is at it until it has ended, which may be long after its deadline: it never overlaps itself. */
function busyWhile(pulse: Pulse, fn: Tap): Tap {
  return async (...args) => {
    pulse.busySince = performance.now();
    try {
      await fn(...args);
    } finally {
      pulse.busySince = undefined;
    }
  };
}

function refuseUnknown(facade: Hooks): Hooks {
  return new Proxy(facade, {
    get(target, name, receiver) {
      if (typeof name === "symbol" || name in target) return Reflect.get(target, name, receiver);
      const suggestion = didYouMean(name, hookNames);
      throw new LeaseholdError("HOOK_UNKNOWN", { hook: name, suggestion, hooks: hookNames.join(", ") });
    },
  });
}
