/**
 * Calls `act` after so many milliseconds, unless called off. A loop that stood still hears its timers before it reads what
 * has arrived meanwhile; so the time is waited for in two parts, between which it reads.
 */
export function afterListening(ms: number, act: () => void): () => void {
  let timer = setTimeout(() => {
    timer = setTimeout(act, ms / 2);
  }, ms / 2);
  return () => clearTimeout(timer);
}
