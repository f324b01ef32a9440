import type { DeliveryAnswer } from "./source.ts";

/** A longer wait would overflow the timer and go off at once. */
const LONGEST_WAIT_MS = 2 ** 31 - 1;

/** What `deliver` answered, if it is an answer. Throws otherwise: a report must not count as accepted by mistake. */
export function judgeAnswer(answer: DeliveryAnswer | undefined): DeliveryAnswer {
  if (answer === "accepted" || answer === "gone" || answer === "keep" || answer === "unknown") return answer;
  const retryAfterMs = typeof answer === "object" ? answer?.retryAfterMs : undefined;
  if (typeof retryAfterMs === "number" && retryAfterMs >= 0)
    return { retryAfterMs: Math.min(retryAfterMs, LONGEST_WAIT_MS) };
  throw new TypeError(
    `deliver answered ${JSON.stringify(answer)}; answer accepted, gone, keep, unknown or { retryAfterMs }`,
  );
}
