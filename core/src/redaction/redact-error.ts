import { redactValue } from "./redact-value.ts";

/**
 * Something thrown with every text masked: message, stack, causes, and whatever else it holds. The same where nothing changes, else a copy of
 * the same class; an error that cannot be read becomes one that says so.
 */
export function redactError(thrown: unknown, mask: (text: string) => string): unknown {
  try {
    return redact(thrown, mask, new Set());
  } catch {
    return new Error("something thrown that cannot be read");
  }
}

function redact(thrown: unknown, mask: (text: string) => string, around: Set<Error>): unknown {
  if (Array.isArray(thrown)) {
    const copy = thrown.map((item) => redact(item, mask, around));
    return copy.some((item, index) => item !== thrown[index]) ? copy : thrown;
  }
  if (!(thrown instanceof Error)) return redactValue(thrown, mask);
  // Its own cause, perhaps: around it goes once.
  if (around.has(thrown)) return undefined;
  around.add(thrown);
  const members = Reflect.ownKeys(thrown).map((key) => [key, Reflect.get(thrown, key) as unknown] as const);
  const copy = members.map(([key, member]) => [key, redact(member, mask, around)] as const);
  around.delete(thrown);
  const isSame = copy.every(([, member], index) => member === members[index]?.[1]);
  return isSame ? thrown : withMembers(thrown, copy);
}

/** A real error, so that it prints as one. Members that nobody lists stay unlisted. */
function withMembers(error: Error, members: readonly (readonly [PropertyKey, unknown])[]): Error {
  const copy = Object.setPrototypeOf(new Error(), Object.getPrototypeOf(error) as object) as Error;
  for (const [key, value] of members) {
    const enumerable = Object.prototype.propertyIsEnumerable.call(error, key);
    Object.defineProperty(copy, key, { value, enumerable, writable: true, configurable: true });
  }
  return copy;
}
