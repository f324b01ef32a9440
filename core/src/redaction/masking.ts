import type { Matcher } from "./matcher.ts";
import { Ranges } from "./ranges.ts";
import { MASK } from "./redactor.ts";

/** What came of a part of a text. */
export interface Masked {
  readonly text: string;
  /** The end of the text that may be the beginning of a secret; to be put in front of what follows. */
  readonly rest: string;
  /** So many characters of the rest belong to a secret whose mask is in `text` already. */
  readonly covered: number;
}

/** A text without the secrets of all matchers. */
export function maskText(text: string, matchers: readonly Matcher[]): string {
  if (matchers.length === 0) return text;
  const { ranges } = findAll(text, matchers, true);
  return ranges.empty ? text : replace(text, ranges, text.length, 0);
}

/** Masks a part of a text, as far as it can be told before the rest is known. */
export function maskPart(text: string, covered: number, matchers: readonly Matcher[], ended: boolean): Masked {
  const { ranges, pending } = findAll(text, matchers, ended);
  const until = ended ? text.length : pending;
  const beyond = coveredBeyond(ranges, until, covered);
  return { text: replace(text, ranges, until, covered), rest: text.slice(until), covered: beyond };
}

function findAll(text: string, matchers: readonly Matcher[], ended: boolean) {
  let ranges = new Ranges();
  let pending = text.length;
  for (const matcher of matchers) {
    const found = matcher.find(text, ended);
    ranges = ranges.with(found.ranges);
    pending = Math.min(pending, found.pending);
  }
  return { ranges, pending };
}

/** The first `covered` characters are masked already, and so is what overlaps them. */
function replace(text: string, ranges: Ranges, until: number, covered: number): string {
  let masked = "";
  let at = covered;
  for (const [start, end] of ranges.entries()) {
    if (start >= until) break;
    if (start >= covered) masked += text.slice(at, start) + MASK;
    at = Math.max(at, end);
  }
  return masked + text.slice(at, Math.max(at, until));
}

/** How far a secret that began before `until` reaches behind it. */
function coveredBeyond(ranges: Ranges, until: number, covered: number): number {
  let beyond = covered;
  for (const [start, end] of ranges.entries()) if (start < until || start < covered) beyond = Math.max(beyond, end);
  return Math.max(0, beyond - until);
}
