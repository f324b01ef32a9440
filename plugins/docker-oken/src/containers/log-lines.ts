import { PassThrough, type Transform } from "node:stream";
import type { LogFrame } from "./log-frames.ts";

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/**
 * Clients read an event's line into 64 KiB, its prefix included (spec §1.7), and masking a secret of six characters adds
 * two. A longer line comes in several.
 */
export const LONGEST_LINE = 45 * 1_024;
/** A bad byte becomes three. */
const LONGEST_RAW = LONGEST_LINE / 3;

/**
 * Puts lines together per stream, in order of their ends: UTF-8 with bad bytes replaced (OKEN-D11), without line end,
 * never longer than `LONGEST_LINE`. What has no line feed at the end of the stream is a line too.
 * @param masking Takes secrets out of one line that comes in several; of other lines whoever gets them does.
 */
export async function* logLines(
  frames: AsyncIterable<LogFrame>,
  masking: () => Transform = () => new PassThrough(),
): AsyncGenerator<Buffer> {
  const open = new Map<number, Buffer>();
  const long = new Map<number, Transform>();
  for await (const { stream, content } of frames) {
    let rest = joined(open.get(stream), content);
    for (let end = endOfLine(rest); end; end = endOfLine(rest)) {
      const piece = rest.subarray(0, end.length);
      rest = rest.subarray(end.next);
      const isLast = end.next > end.length;
      const through = long.get(stream) ?? (isLast ? undefined : masking());
      if (!through) yield cleaned(piece);
      else if (isLast) yield cleaned(await lastOf(through, piece));
      else {
        const shown = cleaned(nextOf(through, piece));
        if (shown.length > 0) yield shown;
      }
      if (through && !isLast) long.set(stream, through);
      else long.delete(stream);
    }
    open.set(stream, Buffer.from(rest));
  }
  for (const [stream, rest] of open) {
    const through = long.get(stream);
    const last = through ? await lastOf(through, rest) : rest;
    if (last.length > 0) yield cleaned(last);
  }
}

/** What is no beginning of a secret; in another piece there is more. */
function nextOf(through: Transform, piece: Buffer): Buffer {
  through.write(piece);
  return (through.read() as Buffer | null) ?? Buffer.alloc(0);
}

async function lastOf(through: Transform, piece: Buffer): Promise<Buffer> {
  through.end(piece);
  return Buffer.concat((await through.toArray()) as Buffer[]);
}

function joined(open: Buffer | undefined, content: Buffer): Buffer {
  return open && open.length > 0 ? Buffer.concat([open, content]) : content;
}

function endOfLine(bytes: Buffer): { length: number; next: number } | undefined {
  const at = bytes.indexOf(LINE_FEED);
  if (at >= 0 && at <= LONGEST_RAW) return { length: at, next: at + 1 };
  if (bytes.length <= LONGEST_RAW) return undefined;
  const cut = characterStart(bytes, LONGEST_RAW);
  return { length: cut, next: cut };
}

/** The last place at or before `at` where no character is torn apart. */
function characterStart(bytes: Buffer, at: number): number {
  for (let start = at; start > at - 4; start--) if (((bytes[start] ?? 0) & 0xc0) !== 0x80) return start;
  return at;
}

function cleaned(line: Buffer): Buffer {
  const whole = line.at(-1) === CARRIAGE_RETURN ? line.subarray(0, -1) : line;
  // The detour through text replaces what is no UTF-8; it costs nothing that matters for a log.
  return Buffer.from(whole.toString("utf8"));
}
