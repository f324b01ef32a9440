import pino from "pino";
import { describe, expect, it } from "vitest";
import { Deadlines } from "../../../core/src/hooks/deadlines.ts";
import { Instrument } from "../../../core/src/hooks/instrument.ts";
import { TelemetryHub } from "../../../core/src/telemetry-hub.ts";

const log = pino({ level: "silent" });
const instrument = () => new Instrument(new TelemetryHub(log), log);

describe("Instrument", () => {
  it("goes on without a tap that is late, and ignores its answer", async () => {
    const late = Promise.withResolvers<string>();
    const manner = {
      hook: "onResult",
      runOf: () => undefined,
      judge: (answer: unknown) => answer,
      faultEnds: false,
      deadlines: new Deadlines(5),
    };
    const answers: unknown[] = [];
    await new Promise<void>((resolve) => {
      const wrapped = instrument().wrap("slow", manner, () => late.promise);
      wrapped("outcome", (error: unknown, answer: unknown) => {
        answers.push([error, answer]);
        resolve();
      });
    });
    late.resolve("too late");
    await late.promise;
    expect(answers).toEqual([[null, undefined]]);
  });

  it("names plugin and hook of a late tap", async () => {
    const manner = {
      hook: "onLease",
      runOf: () => undefined,
      judge: (answer: unknown) => answer,
      faultEnds: true,
      deadlines: new Deadlines(5),
    };
    const error = await new Promise((resolve) => {
      instrument().wrap("slow", manner, () => new Promise(() => undefined))(resolve);
    });
    expect(error).toMatchObject({ code: "TAP_FAILED", message: 'plugin "slow" failed in onLease: it took too long' });
  });
});

describe("Deadlines", () => {
  it("expire in order, but for those that were met", async () => {
    const deadlines = new Deadlines(5);
    const expired: string[] = [];
    const meet = deadlines.start(() => expired.push("met"));
    deadlines.start(() => expired.push("one"));
    await new Promise<void>((resolve) => {
      meet();
      deadlines.start(() => {
        expired.push("two");
        resolve();
      });
    });
    expect(expired).toEqual(["one", "two"]);
  });
});
