import fc from "fast-check";
import pino from "pino";
import { describe, expect, it } from "vitest";
import { SlotPool } from "../../../core/src/sources/slots.ts";
import type { Slot } from "../../../core/src/sources/source.ts";
import { TelemetryHub } from "../../../core/src/telemetry-hub.ts";

const hub = () => new TelemetryHub(pino({ level: "silent" }));
const never = new AbortController().signal;

describe("SlotPool", () => {
  it("serves waiters in the order in which they came", async () => {
    const pool = new SlotPool("s", 1, hub());
    const first = pool.tryTake() as Slot;
    const order: number[] = [];
    const waiting = [1, 2, 3].map(async (number) => {
      const slot = await pool.take(never);
      order.push(number);
      slot.release();
    });
    expect(pool.tryTake()).toBeUndefined();
    first.release();
    await Promise.all(waiting);
    expect(order).toEqual([1, 2, 3]);
  });

  it("gives none out while it is paused, and serves who waits afterwards", async () => {
    const pool = new SlotPool("s", 2, hub());
    const first = pool.tryTake() as Slot;
    pool.pause();
    expect(pool.tryTake()).toBeUndefined();
    let served = 0;
    const waiting = [1, 2, 3].map(() => pool.take(never).then(() => served++));
    first.release();
    await new Promise((resolve) => setImmediate(resolve));
    expect([served, pool.counts]).toEqual([0, { slots: 2, busy: 0, quarantined: 0 }]);
    pool.resume();
    await Promise.all(waiting.slice(0, 2));
    expect([served, pool.counts.busy]).toEqual([2, 2]);
  });

  it("lets a waiter go whose signal is aborted", async () => {
    const pool = new SlotPool("s", 1, hub());
    const first = pool.tryTake() as Slot;
    const impatient = new AbortController();
    const [one, two] = [pool.take(impatient.signal), pool.take(never)];
    impatient.abort(new Error("too slow"));
    await expect(one).rejects.toThrow("too slow");
    await expect(pool.take(impatient.signal)).rejects.toThrow("too slow");
    first.release();
    (await two).release();
    expect(pool.tryTake()).toBeDefined();
  });

  it("never uses a slot again that was set aside", () => {
    const pool = new SlotPool("s", 1, hub());
    const occupied = pool.occupy(pool.tryTake() as Slot);
    occupied?.quarantine();
    occupied?.release();
    expect(pool.tryTake()).toBeUndefined();
  });

  it("gives a slot to one run only", () => {
    const pool = new SlotPool("s", 1, hub());
    const slot = pool.tryTake() as Slot;
    expect(pool.occupy(slot)).toBeDefined();
    expect(pool.occupy(slot)).toBeUndefined();
  });

  it("does not free a run's slot when the source releases its own", () => {
    const pool = new SlotPool("s", 1, hub());
    const slot = pool.tryTake() as Slot;
    const occupied = pool.occupy(slot);
    slot.release();
    expect(pool.tryTake()).toBeUndefined();
    occupied?.release();
    expect(pool.tryTake()).toBeDefined();
  });

  it("takes no slot of another source", () => {
    const slot = new SlotPool("other", 1, hub()).tryTake() as Slot;
    expect(new SlotPool("s", 1, hub()).occupy(slot)).toBeUndefined();
  });

  it("is never out of step with any series of acts", () => {
    const act = fc.constantFrom("take", "release", "occupy", "leave", "quarantine");
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.array(fc.tuple(act, fc.nat(10))), (size, acts) => {
        const pool = new SlotPool("s", size, hub());
        const held: Slot[] = [];
        const running: NonNullable<ReturnType<typeof pool.occupy>>[] = [];
        let aside = 0;
        const pick = <T>(from: T[], at: number): T | undefined => from.splice(at % (from.length || 1), 1)[0];
        for (const [what, at] of acts) {
          const free = held.length + running.length + aside < size;
          if (what === "take") {
            const slot = pool.tryTake();
            expect(slot !== undefined).toBe(free);
            if (slot) held.push(slot);
          } else if (what === "release") pick(held, at)?.release();
          else if (what === "occupy") {
            const slot = pick(held, at);
            const occupied = slot && pool.occupy(slot);
            if (occupied) running.push(occupied);
          } else if (what === "leave") pick(running, at)?.release();
          else {
            const occupied = pick(running, at);
            occupied?.quarantine();
            if (occupied) aside++;
          }
        }
      }),
    );
  });
});
