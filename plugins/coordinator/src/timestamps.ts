/**
 * An ISO 8601 moment in the coordinator's shape, `2026-03-04T05:06:07.881020+00:00`, so that ours sort among its own as
 * text (protocol §2.4). What is no moment becomes the present one.
 */
export function timestamp(moment?: string): string {
  const date = new Date(moment ?? Number.NaN);
  if (Number.isNaN(date.getTime())) return present();
  return stamp(date, /[.,](\d+)/.exec(moment ?? "")?.[1] ?? "");
}

function present(): string {
  const ms = performance.timeOrigin + performance.now();
  const micros = Math.floor((ms % 1_000) * 1_000);
  return stamp(new Date(Math.floor(ms)), String(micros).padStart(6, "0"));
}

function stamp(date: Date, fraction: string): string {
  return `${date.toISOString().slice(0, 19)}.${fraction.slice(0, 6).padEnd(6, "0")}+00:00`;
}
