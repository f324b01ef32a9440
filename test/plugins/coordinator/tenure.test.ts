import { describe, expect, it } from "vitest";
import { Tenure } from "../../../plugins/coordinator/src/tenure.ts";

const covered = (tenure: Tenure, ...at: number[]) => at.map((moment) => tenure.covers(moment, moment));

describe("Tenure", () => {
  it("covers everything from its beginning while it lasts", () => {
    const tenure = new Tenure();
    expect(covered(tenure, 1)).toEqual([false]);
    tenure.begin(10);
    expect(covered(tenure, 9, 10, 1e9)).toEqual([false, true, true]);
    expect(tenure.since).toBe(10);
  });

  it("covers what was certain of it when it is over", () => {
    const tenure = new Tenure();
    tenure.begin(10);
    tenure.seen(20);
    tenure.seen(15);
    tenure.end();
    expect(covered(tenure, 9, 10, 20, 21)).toEqual([false, true, true, false]);
    tenure.begin(30);
    expect(covered(tenure, 20, 25, 30)).toEqual([true, false, true]);
  });

  it("covers what may have been a little after its end, but where somebody else had it then", () => {
    const tenure = new Tenure();
    tenure.begin(10);
    tenure.seen(20);
    tenure.end();
    expect([tenure.covers(19, 21), tenure.covers(21, 22), tenure.covers(9, 11)]).toEqual([true, false, false]);
    tenure.end(20);
    expect([tenure.covers(18, 20), tenure.covers(19, 21)]).toEqual([true, false]);
  });

  it("covers what was before the list last showed it, since whenever the other is said to have been there", () => {
    const tenure = new Tenure();
    tenure.begin(10);
    tenure.shown(20);
    tenure.seen(30);
    tenure.end(10);
    expect(covered(tenure, 15, 20, 21)).toEqual([true, true, false]);
  });

  it("covers nothing from when it was somebody else's", () => {
    const tenure = new Tenure();
    tenure.begin(10);
    tenure.seen(20);
    tenure.end();
    tenure.begin(30);
    tenure.seen(40);
    tenure.end(35);
    expect(covered(tenure, 15, 30, 35, 36)).toEqual([true, true, true, false]);
    tenure.begin(50);
    tenure.end(18);
    expect(covered(tenure, 15, 18, 19, 30, 50, 51)).toEqual([true, true, false, true, true, false]);
  });

  it("does not begin anew what goes on", () => {
    const tenure = new Tenure();
    tenure.begin(10);
    tenure.begin(20);
    expect(covered(tenure, 15)).toEqual([true]);
  });

  it("forgets the oldest of very many", () => {
    const tenure = new Tenure();
    for (let at = 0; at < 200; at++) {
      tenure.begin(at * 10);
      tenure.end();
    }
    expect(covered(tenure, 0, 1_990)).toEqual([false, true]);
  });
});
