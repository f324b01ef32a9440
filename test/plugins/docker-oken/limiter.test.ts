import { describe, expect, it } from "vitest";
import { Limiter } from "../../../plugins/docker-oken/src/limiter.ts";

const never = new AbortController().signal;

describe("a limiter", () => {
  it("lets no more work at once, in the order they came", async () => {
    const limiter = new Limiter(2);
    const began: number[] = [];
    let now = 0;
    let most = 0;
    const work = (n: number) => async () => {
      began.push(n);
      most = Math.max(most, ++now);
      await new Promise((done) => setImmediate(done));
      now -= 1;
    };
    await Promise.all([0, 1, 2, 3, 4, 5].map((n) => limiter.run(never, work(n))));
    expect({ began, most }).toEqual({ began: [0, 1, 2, 3, 4, 5], most: 2 });
  });

  it("forgets who leaves the line, and frees the place of who fails", async () => {
    const limiter = new Limiter(1);
    const held = Promise.withResolvers<void>();
    const first = limiter.run(never, () => held.promise);
    const leaving = new AbortController();
    const second = limiter.run(leaving.signal, async () => "second");
    const third = limiter.run(never, async () => "third");
    leaving.abort(new Error("left"));
    await expect(second).rejects.toThrow("left");
    held.reject(new Error("failed"));
    await expect(first).rejects.toThrow("failed");
    expect(await third).toBe("third");
  });
});
