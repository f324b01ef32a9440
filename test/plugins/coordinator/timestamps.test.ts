import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { timestamp } from "../../../plugins/coordinator/src/timestamps.ts";

const SHAPE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/;

describe("timestamp", () => {
  it("writes the present with microsecond digits in UTC", () => {
    const now = timestamp();
    expect(now).toMatch(SHAPE);
    expect(Math.abs(new Date(now).getTime() - Date.now())).toBeLessThan(60_000);
  });

  it("brings other notations into the coordinator's shape", () => {
    expect(timestamp("2026-03-04T05:06:07Z")).toBe("2026-03-04T05:06:07.000000+00:00");
    expect(timestamp("2026-03-04T07:06:07.5+02:00")).toBe("2026-03-04T05:06:07.500000+00:00");
    expect(timestamp("2026-03-04T05:06:07.881020+00:00")).toBe("2026-03-04T05:06:07.881020+00:00");
    expect(timestamp("2026-03-04T05:06:07.8810209Z")).toBe("2026-03-04T05:06:07.881020+00:00");
  });

  it("takes the present for what is no moment", () => {
    for (const moment of ["", "yesterday", "2026-99-99"]) expect(timestamp(moment)).toMatch(SHAPE);
  });

  it("sorts as text in the order of time", () => {
    const date = fc.date({ min: new Date("1970-01-01"), max: new Date("2200-01-01"), noInvalidDate: true });
    fc.assert(
      fc.property(date, date, (a, b) => {
        const [first, second] = [timestamp(a.toISOString()), timestamp(b.toISOString())];
        expect(Math.sign(first < second ? -1 : first > second ? 1 : 0)).toBe(Math.sign(a.getTime() - b.getTime()));
      }),
    );
  });
});
