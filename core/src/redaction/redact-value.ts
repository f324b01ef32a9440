/** A copy of JSON, or a value like it, with every text masked, names of members too; the same value where nothing changes. */
export function redactValue<T>(value: T, mask: (text: string) => string): T {
  return redact(value, mask, new Set()) as T;
}

function redact(value: unknown, mask: (text: string) => string, around: Set<object>): unknown {
  if (typeof value === "string") return mask(value);
  if (typeof value !== "object" || value === null || around.has(value)) return value;
  around.add(value);
  try {
    if (!isPlain(value) || writesItself(value)) return redactWritten(value, mask);
    return Array.isArray(value) ? redactItems(value, mask, around) : redactMembers(value, mask, around);
  } finally {
    around.delete(value);
  }
}

function redactItems(items: readonly unknown[], mask: (text: string) => string, around: Set<object>): unknown {
  const copy = items.map((item) => redact(item, mask, around));
  return copy.some((item, index) => item !== items[index]) ? copy : items;
}

function redactMembers(members: object, mask: (text: string) => string, around: Set<object>): unknown {
  const entries = Object.entries(members);
  const copy = entries.map(([key, member]) => [mask(key), redact(member, mask, around)] as const);
  const changed = copy.some(([key, member], index) => key !== entries[index]?.[0] || member !== entries[index]?.[1]);
  return changed ? Object.fromEntries(copy) : members;
}

/** An instance of a class becomes what it would be as JSON, if secrets are in that: addresses, for example. */
function redactWritten(value: object, mask: (text: string) => string): unknown {
  const written = JSON.stringify(value) as string | undefined;
  if (written === undefined || mask(written) === written) return value;
  return redact(JSON.parse(written), mask, new Set());
}

function writesItself(value: object): boolean {
  return "toJSON" in value && typeof value.toJSON === "function";
}

/** Whether a value is an array or an object as JSON knows it, and no instance of a class. */
export function isPlain(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === Object.prototype || prototype === null;
}
