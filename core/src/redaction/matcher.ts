import { Automaton } from "./automaton.ts";
import { mayBeEscaped, type Reading, readEscaped } from "./escapes.ts";
import { formsOf } from "./forms.ts";
import { afterLineBreak, mayBeWrapped } from "./line-breaks.ts";
import { Ranges } from "./ranges.ts";

const BACKSLASH = 92;

/** What a text holds: the secrets that are whole, and where what may be the beginning of another starts. */
export interface Found {
  readonly ranges: Ranges;
  /** The text's length when nothing is pending. */
  readonly pending: number;
}

/** Finds secrets in texts, in all of their forms. */
export class Matcher {
  readonly #automaton: Automaton;
  readonly #longest: number;

  constructor(secrets: Iterable<string>) {
    const forms = [...secrets].flatMap(formsOf);
    this.#automaton = new Automaton(forms);
    this.#longest = forms.reduce((longest, { length }) => Math.max(longest, length), 1);
  }

  /**
   * Looks at the text as it is and, where that may differ, as it reads without line breaks and without escapes.
   * @param ended Whether nothing follows the text.
   */
  find(text: string, ended: boolean): Found {
    const asIs = this.#findAsIs(text);
    const found = mayBeWrapped(text, ended) ? both(asIs, this.#findWrapped(text, ended)) : asIs;
    if (!mayBeEscaped(text)) return found;
    const read = this.#findEscaped(text, ended, found.pending);
    return { ranges: found.ranges.with(read.ranges), pending: Math.min(read.boundary, read.pending) };
  }

  #findAsIs(text: string): Found {
    const automaton = this.#automaton;
    const { longest, depth } = automaton;
    const ranges = new Ranges();
    let state = 0;
    for (let at = 0; at < text.length; at++) {
      state = automaton.step(state, text.charCodeAt(at));
      if (longest[state] !== 0) ranges.add(escapeStart(text, at + 1 - (longest[state] as number)), at + 1);
    }
    return { ranges, pending: text.length - (depth[state] as number) };
  }

  /** Base64 is broken into lines by many who make it. */
  #findWrapped(text: string, ended: boolean): Found {
    const automaton = this.#automaton;
    const { longest, depth } = automaton;
    const ranges = new Ranges();
    const starts = new RecentStarts(this.#longest);
    let state = 0;
    for (let at = 0; at < text.length; at++) {
      const next = afterLineBreak(text, at, ended);
      if (next < 0) return { ranges, pending: starts.back(depth[state] as number, at) };
      if (next > at) {
        at = next - 1;
        continue;
      }
      starts.note(at);
      state = automaton.step(state, text.charCodeAt(at));
      if (longest[state] !== 0) ranges.add(starts.back(longest[state] as number, at), at + 1);
    }
    return { ranges, pending: starts.back(depth[state] as number, text.length) };
  }

  /** `boundary` is where the last character begins that begins at `until` or before: within an escape what follows would read differently. */
  #findEscaped(text: string, ended: boolean, until: number): Found & { readonly boundary: number } {
    const automaton = this.#automaton;
    const { longest, depth } = automaton;
    const ranges = new Ranges();
    const starts = new RecentStarts(this.#longest);
    const reading: Reading = { code: 0, next: 0, openEnded: false };
    let state = 0;
    let boundary = 0;
    for (let at = 0; at < text.length; at = reading.next) {
      if (at <= until) boundary = at;
      readEscaped(text, at, reading);
      const isWhole = reading.code >= 0 && (ended || !reading.openEnded);
      if (!isWhole) return { ranges, pending: starts.back(depth[state] as number, at), boundary };
      starts.note(at);
      state = automaton.step(state, reading.code);
      if (longest[state] !== 0) ranges.add(starts.back(longest[state] as number, at), reading.next);
    }
    if (until === text.length) boundary = until;
    return { ranges, pending: starts.back(depth[state] as number, text.length), boundary };
  }
}

/** Where the backslashes begin that end at a place: of a pair that is one escaped backslash, none is left alone. */
function escapeStart(text: string, at: number): number {
  let start = at;
  if (text.charCodeAt(at) === BACKSLASH) while (text.charCodeAt(start - 1) === BACKSLASH) start--;
  return start;
}

function both(one: Found, other: Found): Found {
  return { ranges: one.ranges.with(other.ranges), pending: Math.min(one.pending, other.pending) };
}

/** Where the last characters that were read began in the text: their length there varies. */
class RecentStarts {
  readonly #ring: Int32Array;
  readonly #mask: number;
  #count = 0;

  constructor(most: number) {
    const size = 2 ** Math.ceil(Math.log2(most + 1));
    this.#ring = new Int32Array(size);
    this.#mask = size - 1;
  }

  note(start: number): void {
    this.#ring[this.#count++ & this.#mask] = start;
  }

  /** The start of the `count`th last one; `now` for none. */
  back(count: number, now: number): number {
    return count === 0 ? now : (this.#ring[(this.#count - count) & this.#mask] as number);
  }
}
