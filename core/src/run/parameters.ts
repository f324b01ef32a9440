import { isJsonObject, type JsonObject } from "../json/value.ts";

/** Deeper documents overflow the stack of whoever walks them by recursion. */
const DEEPEST = 500;

/** Parses parameters. Throws when the text is no JSON object or is nested too deeply to be walked. */
export function parseParameters(text: string): JsonObject {
  const parsed: unknown = JSON.parse(text);
  if (!isJsonObject(parsed)) throw new TypeError("parameters are not a JSON object");
  // Each level takes two characters at least, so that most texts need no look.
  if (text.length > 2 * DEEPEST && depthOf(parsed) > DEEPEST)
    throw new RangeError(`parameters are nested deeper than ${DEEPEST} levels`);
  return parsed;
}

/** Freezes a document and all it holds. */
export function freezeDeeply<T extends object>(document: T): T {
  const left: object[] = [document];
  for (let next = left.pop(); next; next = left.pop()) {
    Object.freeze(next);
    for (const value of Object.values(next)) if (typeof value === "object" && value !== null) left.push(value);
  }
  return document;
}

function depthOf(document: object): number {
  let depth = 0;
  for (let level: object[] = [document]; level.length > 0 && depth <= DEEPEST; depth++) {
    const below: object[] = [];
    for (const parent of level)
      for (const value of Object.values(parent)) if (typeof value === "object" && value !== null) below.push(value);
    level = below;
  }
  return depth;
}
