/** `5 minutes`, `1 minute`, `90 seconds`, `0.5 seconds`: minutes where they are whole. */
export function durationText(seconds: number): string {
  const [amount, unit] = seconds >= 60 && seconds % 60 === 0 ? [seconds / 60, "minute"] : [seconds, "second"];
  return `${amount} ${unit}${amount === 1 ? "" : "s"}`;
}
