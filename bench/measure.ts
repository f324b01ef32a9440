/** How small a value must be, or how large, to hold. */
export type Bar =
  | { readonly kind: "ratio at most"; readonly limit: number }
  | { readonly kind: "ratio at least"; readonly limit: number }
  /** Value minus baseline, in the measure's unit. */
  | { readonly kind: "more at most"; readonly limit: number }
  /** The value alone, in the measure's unit. */
  | { readonly kind: "at most"; readonly limit: number }
  | { readonly kind: "at least"; readonly limit: number };

/** How much to measure: `quick` only shows that everything runs. */
export type Scale = "quick" | "full";

/** Two sides that are measured in turn, round by round, in the measure's unit. */
export interface Contest {
  value(): Promise<number>;
  /** Absent where the bar knows no baseline. */
  baseline?(): Promise<number>;
  close(): Promise<void>;
}

/** One figure that this project makes a promise of, or watches. */
export interface Measure {
  readonly name: string;
  readonly unit: string;
  /** What the value is compared with, in words. */
  readonly baseline?: string;
  /** Figures that are only watched have none. */
  readonly bar?: Bar;
  /** Rounds of a full measurement; 7 unless said otherwise. */
  readonly rounds?: number;
  /** `docker`: an engine that answers, with a base image for agents (`eval "$(npm run -s engine -- up)"`). */
  readonly needs?: "docker";
  open(scale: Scale): Promise<Contest>;
}

/** One row of the result. */
export interface Row {
  readonly name: string;
  readonly unit: string;
  /** Median of the rounds. */
  readonly value: number;
  readonly baseline: number | null;
  /** Median of the rounds' ratios. */
  readonly ratio: number | null;
  /** Smallest and largest ratio of a round, or value where there is no baseline. */
  readonly spread: readonly [number, number];
  readonly bar: string | null;
  readonly holds: boolean | null;
}
