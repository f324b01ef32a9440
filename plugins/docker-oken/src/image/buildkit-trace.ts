/** What happened during a build, as BuildKit reports it. */
export interface TraceEvent {
  /** Of the step. */
  readonly digest: string;
  readonly kind: "started" | "cached" | "failed" | "output";
  /** Name of the step, its error, or what it printed. */
  readonly text: string;
}

type Fields = ReadonlyMap<number, readonly (Buffer | bigint)[]>;

/**
 * Decodes one status message (`moby.buildkit.v1.StatusResponse` in protobuf): steps with digest 1, name 3, cached 4,
 * started 5 and error 7; output with step 1 and message 4. Throws a RangeError for what is none.
 */
export function decodeTrace(message: Buffer): TraceEvent[] {
  const response = fieldsOf(message);
  return [...nested(response, 1).flatMap(eventsOfStep), ...nested(response, 3).map(outputOf)];
}

function eventsOfStep(step: Fields): TraceEvent[] {
  const digest = text(step, 1);
  const event = (kind: TraceEvent["kind"], words: string): TraceEvent => ({ digest, kind, text: words });
  return [
    ...(step.has(5) ? [event("started", text(step, 3))] : []),
    ...(step.get(4)?.at(-1) === 1n ? [event("cached", text(step, 3))] : []),
    ...(step.has(7) ? [event("failed", text(step, 7))] : []),
  ];
}

function outputOf(log: Fields): TraceEvent {
  return { digest: text(log, 1), kind: "output", text: text(log, 4) };
}

function nested(fields: Fields, number: number): Fields[] {
  return (fields.get(number) ?? []).flatMap((value) => (typeof value === "bigint" ? [] : [fieldsOf(value)]));
}

function text(fields: Fields, number: number): string {
  const value = fields.get(number)?.at(-1);
  return typeof value === "object" ? value.toString() : "";
}

function fieldsOf(message: Buffer): Fields {
  const fields = new Map<number, (Buffer | bigint)[]>();
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = message.readUInt8(at++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const bytes = (length: number) => {
    if (at + length > message.length) throw new RangeError("a field is longer than its message");
    at += length;
    return message.subarray(at - length, at);
  };
  while (at < message.length) {
    const tag = Number(varint());
    const value = readers[tag & 7]?.(varint, bytes);
    if (value === undefined) throw new RangeError(`a field has the unknown type ${tag & 7}`);
    fields.set(tag >> 3, [...(fields.get(tag >> 3) ?? []), value]);
  }
  return fields;
}

type Reader = (varint: () => bigint, bytes: (length: number) => Buffer) => Buffer | bigint;

/** By protobuf's wire types. */
const readers: Readonly<Record<number, Reader>> = {
  0: (varint) => varint(),
  1: (_, bytes) => bytes(8),
  2: (varint, bytes) => bytes(Number(varint())),
  5: (_, bytes) => bytes(4),
};
