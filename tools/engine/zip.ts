import { inflateRawSync } from "node:zlib";

const END_OF_DIRECTORY = 0x06054b50;
const STORED = 0;
const DEFLATED = 8;

/** One file of a zip archive, found through the archive's directory. Throws when it is not there. */
export function memberOf(archive: Buffer, name: string): Buffer {
  let at = directoryOf(archive);
  for (; archive.toString("latin1", at, at + 4) === "PK\u0001\u0002"; at = next(archive, at)) {
    const length = archive.readUInt16LE(at + 28);
    if (archive.toString("utf8", at + 46, at + 46 + length) === name) return contentOf(archive, at);
  }
  throw new Error(`the archive has no ${name}`);
}

function directoryOf(archive: Buffer): number {
  for (let at = archive.length - 22; at >= 0; at--)
    if (archive.readUInt32LE(at) === END_OF_DIRECTORY) return archive.readUInt32LE(at + 16);
  throw new Error("not a zip archive");
}

function next(archive: Buffer, at: number): number {
  return at + 46 + archive.readUInt16LE(at + 28) + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
}

function contentOf(archive: Buffer, at: number): Buffer {
  const local = archive.readUInt32LE(at + 42);
  const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
  const content = archive.subarray(start, start + archive.readUInt32LE(at + 20));
  const method = archive.readUInt16LE(at + 10);
  if (method === STORED) return content;
  if (method === DEFLATED) return inflateRawSync(content);
  throw new Error(`the archive is packed by method ${method}`);
}
