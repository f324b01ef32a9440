import { crc32 } from "node:zlib";
import type { JournalRecord } from "./record.ts";

/** The first line of every journal file. */
export const HEADER = encodeLine({ type: "journal", version: 1 });

/** A record as a line of the file: a checksum, a space, JSON. */
export function encodeLine(record: JournalRecord | { readonly type: "journal"; readonly version: number }): Buffer {
  const json = JSON.stringify(record);
  return Buffer.from(`${crc32(json).toString(16).padStart(8, "0")} ${json}\n`);
}

/** What a line (without its end) holds; nothing when it was not written whole, or changed since. */
export function decodeLine(line: Buffer): JournalRecord | undefined {
  const json = line.subarray(9);
  if (line.length < 10 || line.toString("latin1", 0, 9) !== `${crc32(json).toString(16).padStart(8, "0")} `)
    return undefined;
  try {
    return JSON.parse(json.toString()) as JournalRecord;
  } catch {
    return undefined;
  }
}
