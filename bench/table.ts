import type { Row } from "./measure.ts";

const HEADINGS = ["measure", "value", "baseline", "ratio", "spread", "bar", "holds"];

/** The rows as an aligned table. */
export function table(rows: readonly Row[]): string {
  const cells = [HEADINGS, ...rows.map(cellsOf)];
  const widths = HEADINGS.map((_, column) => Math.max(...cells.map((line) => line[column]?.length ?? 0)));
  return cells
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function cellsOf({ name, unit, value, baseline, ratio, spread, bar, holds }: Row): string[] {
  return [
    name,
    `${figure(value)} ${unit}`,
    baseline === null ? "–" : `${figure(baseline)} ${unit}`,
    ratio === null ? "–" : `${ratio.toFixed(2)} ×`,
    spread.map(figure).join("…"),
    bar ?? "–",
    holds === null ? "–" : holds ? "yes" : "NO",
  ];
}

function figure(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
