import { expect, test } from "vitest";
import { createClock, naiveTimestamp, timestampText } from "../../../plugins/embedded-coordinator/src/clock.ts";

test("writes six fractional digits and the offset", () => {
  expect(timestampText(Date.UTC(2026, 2, 4, 5, 6, 7, 89) + 0.123)).toBe("2026-03-04T05:06:07.089123+00:00");
  expect(timestampText(0)).toBe("1970-01-01T00:00:00.000000+00:00");
  expect(naiveTimestamp(0)).toBe("1970-01-01T00:00:00.000000");
});

test("never gives the same text twice, even when time stands still", () => {
  const clock = createClock(() => Date.UTC(2026, 2, 4));
  const texts = Array.from({ length: 2000 }, () => clock.text());
  expect(new Set(texts).size).toBe(2000);
  expect([...texts].sort()).toEqual(texts);
});
