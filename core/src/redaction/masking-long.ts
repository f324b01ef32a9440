import { setImmediate } from "node:timers/promises";
import { maskPart, maskText } from "./masking.ts";
import type { Matcher } from "./matcher.ts";
import { isPlain } from "./redact-value.ts";

/** Looked at in less than 5 ms, whatever they are. */
const CHARACTERS_PER_TURN = 128 * 1024;

/** A text without secrets, however long: others have their turns meanwhile. */
export async function maskLongText(text: string, matchers: readonly Matcher[]): Promise<string> {
  if (matchers.length === 0) return text;
  if (text.length <= CHARACTERS_PER_TURN) return maskText(text, matchers);
  const parts: string[] = [];
  let [rest, covered] = ["", 0];
  for (let at = 0; at < text.length; at += CHARACTERS_PER_TURN) {
    const end = at + CHARACTERS_PER_TURN;
    const masked = maskPart(rest + text.slice(at, end), covered, matchers, end >= text.length);
    parts.push(masked.text);
    [rest, covered] = [masked.rest, masked.covered];
    await setImmediate();
  }
  return parts.join("");
}

/** Texts in JSON, or a value like it, that take more than one turn. */
export function longTextsIn(value: unknown, texts = new Set<string>()): Set<string> {
  if (typeof value === "string" && value.length > CHARACTERS_PER_TURN) texts.add(value);
  else if (isPlain(value)) for (const member of Object.values(value)) longTextsIn(member, texts);
  return texts;
}
