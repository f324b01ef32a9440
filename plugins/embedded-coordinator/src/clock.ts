/** The coordinator's time: `now` in milliseconds since the epoch, `text` as the protocol writes it. */
export type Clock = { now(): number; text(at?: number): string };

/**
 * A clock whose readings strictly increase, by at least a microsecond: the protocol orders events by the text of
 * their timestamps, so two readings must never be equal.
 */
export function createClock(read: () => number = Date.now): Clock {
  // Whole microseconds: steps of 0.001 ms would lose themselves in rounding.
  let micros = 0;
  const now = () => {
    micros = Math.max(Math.round(read() * 1000), micros + 1);
    return micros / 1000;
  };
  return { now, text: (at = now()) => timestampText(at) };
}

/** Milliseconds since the epoch as UTC text with six fractional digits and `+00:00` (protocol §2.4). */
export function timestampText(at: number): string {
  const micros = Math.round(at * 1000);
  const toMillisecond = new Date(Math.floor(micros / 1000)).toISOString().slice(0, -1);
  return `${toMillisecond}${String(micros % 1000).padStart(3, "0")}+00:00`;
}

/** The same without its offset, as the protocol dates agents and scripts (§2.6, §8.4). */
export function naiveTimestamp(at: number): string {
  return timestampText(at).replace("+00:00", "");
}
