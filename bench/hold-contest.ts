import type { Bar, Contest, Measure, Row, Scale } from "./measure.ts";

const ROUNDS = 7;

interface Round {
  readonly value: number;
  readonly baseline: number | undefined;
}

/** Measures both sides in turn, the order changing from round to round, after one round that warms both up. */
export async function holdContest(measure: Measure, scale: Scale): Promise<Row> {
  const contest = await measure.open(scale);
  try {
    const rounds: Round[] = [];
    const wanted = scale === "quick" ? 1 : (measure.rounds ?? ROUNDS);
    if (scale === "full") await round(contest, 0);
    for (let number = 0; number < wanted; number++) rounds.push(await round(contest, number));
    return rowOf(measure, rounds);
  } finally {
    await contest.close();
  }
}

async function round(contest: Contest, number: number): Promise<Round> {
  if (!contest.baseline) return { value: await contest.value(), baseline: undefined };
  if (number % 2 === 0) return { value: await contest.value(), baseline: await contest.baseline() };
  const baseline = await contest.baseline();
  return { value: await contest.value(), baseline };
}

function rowOf({ name, unit, bar }: Measure, rounds: readonly Round[]): Row {
  const ratios = rounds.flatMap(({ value, baseline }) => (baseline === undefined ? [] : [value / baseline]));
  const values = rounds.map(({ value }) => value);
  const baselines = rounds.flatMap(({ baseline }) => (baseline === undefined ? [] : [baseline]));
  const spreading = ratios.length > 0 ? ratios : values;
  const value = median(values);
  const baseline = baselines.length > 0 ? median(baselines) : null;
  const ratio = ratios.length > 0 ? median(ratios) : null;
  return {
    name,
    unit,
    value,
    baseline,
    ratio,
    spread: [Math.min(...spreading), Math.max(...spreading)],
    bar: bar ? textOf(bar, unit) : null,
    holds: bar ? holds(bar, value, baseline, ratio) : null,
  };
}

function holds(bar: Bar, value: number, baseline: number | null, ratio: number | null): boolean {
  switch (bar.kind) {
    case "ratio at most":
      return ratio !== null && ratio <= bar.limit;
    case "ratio at least":
      return ratio !== null && ratio >= bar.limit;
    case "more at most":
      return baseline !== null && value - baseline <= bar.limit;
    case "at most":
      return value <= bar.limit;
    case "at least":
      return value >= bar.limit;
  }
}

function textOf({ kind, limit }: Bar, unit: string): string {
  switch (kind) {
    case "ratio at most":
      return `≤ ${limit} ×`;
    case "ratio at least":
      return `≥ ${limit} ×`;
    case "more at most":
      return `≤ +${limit} ${unit}`;
    case "at most":
      return `≤ ${limit} ${unit}`;
    case "at least":
      return `≥ ${limit} ${unit}`;
  }
}

/** The middle of the sorted values; of an even count the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)];
  const lower = sorted[Math.ceil(middle) - 1];
  if (upper === undefined || lower === undefined) throw new Error("there is no median of nothing");
  return (upper + lower) / 2;
}
