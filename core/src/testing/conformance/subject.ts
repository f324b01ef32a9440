/** Why a point of a suite is nothing that this plugin can do; it is shown in the report. */
export interface NotApplicable {
  readonly doesNotApply: string;
}

/** Leaves a point of a conformance suite out, and says why: `doesNotApply("it starts nothing that could stay behind")`. */
export function doesNotApply(reason: string): NotApplicable {
  return Object.freeze({ doesNotApply: reason });
}

/** What a point is tried with, or why it is not tried. */
export type Point<T> = T | NotApplicable;

export function applies<T>(point: Point<T>): point is Exclude<T, NotApplicable> {
  return !(typeof point === "object" && point !== null && "doesNotApply" in point);
}
