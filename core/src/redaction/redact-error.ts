import { inspect } from "node:util";
import { isPlain } from "./redact-value.ts";

type Mask = (text: string) => string;
type Member = readonly [key: PropertyKey, value: unknown];

/** Looked at as deep as somebody would print them. */
const SHOWN = { depth: 5, breakLength: Number.POSITIVE_INFINITY } as const;
/** What an error may inherit, or compute. */
const TEXTS = ["name", "message", "stack"] as const;

/**
 * Something thrown with every text masked: message, stack, causes, and whatever else it holds. The same where nothing changes, else a copy of
 * the same class; an error that cannot be read becomes one that says so.
 */
export function redactError(thrown: unknown, mask: Mask): unknown {
  try {
    return redact(thrown, mask, new Map());
  } catch {
    return new Error("something thrown that cannot be read");
  }
}

/** @param known What became of each object; of those that are under way nothing yet, so around a circle it goes once. */
function redact(value: unknown, mask: Mask, known: Map<object, unknown>): unknown {
  if (typeof value === "string") return mask(value);
  if (typeof value !== "object" || value === null) return value;
  if (known.has(value)) return known.get(value);
  known.set(value, undefined);
  const redacted = redactObject(value, mask, known);
  known.set(value, redacted);
  return redacted;
}

function redactObject(value: object, mask: Mask, known: Map<object, unknown>): unknown {
  if (Array.isArray(value)) {
    const copy = value.map((item) => redact(item, mask, known));
    return copy.some((item, index) => item !== value[index]) ? copy : value;
  }
  if (value instanceof Uint8Array) return redactBytes(value, mask);
  if (!(value instanceof Error || isPlain(value))) return redactInstance(value, mask);
  const members = membersOf(value);
  const copy = members.map(([key, member]): Member => {
    return [typeof key === "string" ? mask(key) : key, redact(member, mask, known)];
  });
  const isSame = copy.every(([key, member], index) => key === members[index]?.[0] && member === members[index]?.[1]);
  return isSame ? value : withMembers(value, members, copy);
}

function membersOf(value: object): Member[] {
  const own = Reflect.ownKeys(value);
  const keys = value instanceof Error ? [...new Set([...own, ...TEXTS])] : own;
  return keys.map((key) => [key, Reflect.get(value, key) as unknown]);
}

/** A real error, so that it prints as one. Members that nobody lists stay unlisted. */
function withMembers(value: object, members: readonly Member[], redacted: readonly Member[]): object {
  const copy: object = value instanceof Error ? new Error() : {};
  Object.setPrototypeOf(copy, Object.getPrototypeOf(value) as object | null);
  for (const [index, [key, member]] of redacted.entries()) {
    const enumerable = Object.prototype.propertyIsEnumerable.call(value, (members[index] as Member)[0]);
    Object.defineProperty(copy, key, { value: member, enumerable, writable: true, configurable: true });
  }
  return copy;
}

function redactBytes(bytes: Uint8Array, mask: Mask): Uint8Array {
  const text = Buffer.from(bytes).toString("latin1");
  const masked = mask(text);
  return masked === text ? bytes : Buffer.from(masked, "latin1");
}

/** Instances cannot be copied: what shows a secret, by its own means or without them, becomes the text that it shows. */
function redactInstance(instance: object, mask: Mask): unknown {
  const shown = inspect(instance, SHOWN);
  const bare = inspect(instance, { ...SHOWN, customInspect: false, showHidden: true });
  return mask(shown) === shown && mask(bare) === bare ? instance : mask(shown);
}
