import { describe, expect, it } from "vitest";
import { beforeDeadline } from "../../../core/src/sources/before-deadline.ts";

const never = new AbortController().signal;

describe("beforeDeadline", () => {
  it("answers what the work comes to", async () => {
    expect(await beforeDeadline(60_000, never, async () => 7)).toBe(7);
  });

  it("rejects with what the work throws", async () => {
    const work = () => {
      throw new Error("broken");
    };
    await expect(beforeDeadline(60_000, never, work)).rejects.toThrow("broken");
  });

  it("waits no longer for work that hangs, and tells it", async () => {
    let told: AbortSignal | undefined;
    const work = (signal: AbortSignal) => {
      told = signal;
      return new Promise(() => {});
    };
    await expect(beforeDeadline(5, never, work)).rejects.toThrow("no answer within 0.005 s");
    expect(told?.aborted).toBe(true);
  });

  it.each([["beforehand"], ["meanwhile"]])("ends with a signal that is aborted %s", async (when) => {
    const end = new AbortController();
    if (when === "beforehand") end.abort(new Error("over"));
    const waiting = beforeDeadline(60_000, end.signal, () => new Promise(() => {}));
    end.abort(new Error("over"));
    await expect(waiting).rejects.toThrow("over");
  });
});
