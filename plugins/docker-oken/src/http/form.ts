import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import type { ArchiveLimits } from "../archive/limits.ts";
import { receiveArchive } from "../archive/receive.ts";
import type { Staging } from "../archive/staging.ts";
import { malformed } from "./faults.ts";
import { readMultipart } from "./multipart.ts";

/** What a form may have beside its archive. */
const BESIDE_ARCHIVE_BYTES = 8 * 1024 * 1024;
const MOST_URL_ENCODED_BYTES = 1024 * 1024;

/** A part as the reference's framework sees it: with a filename it is a file (spec §1.2). */
type Part =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "file"; readonly archive?: ReceivedArchive };

/** An archive that was unpacked into a folder of its own, or could not be. */
interface ReceivedArchive {
  readonly folder: string;
  readonly fault?: unknown;
}

/** The parts of a deployment by name; of repeated ones the last. */
export type Form = ReadonlyMap<string, Part>;

/**
 * Reads a deployment's form as it arrives; the archive is unpacked meanwhile, wherever it stands among the parts. What is
 * wrong with the archive is kept as its fault, for other parts are judged first. Rejects as `readMultipart` does.
 */
export async function readForm(request: IncomingMessage, staging: Staging, limits: ArchiveLimits): Promise<Form> {
  const type = request.headers["content-type"] ?? "";
  if (/^multipart\/form-data\s*(;|$)/i.test(type)) return readParts(request, staging, limits);
  if (/^application\/x-www-form-urlencoded\s*(;|$)/i.test(type)) return readUrlEncoded(request);
  request.resume();
  return new Map();
}

/** Deletes the folder of a form's archive. */
export async function discardForm(form: Form, staging: Staging): Promise<void> {
  for (const part of form.values())
    if (part.type === "file" && part.archive) await staging.discard(part.archive.folder);
}

async function readParts(request: IncomingMessage, staging: Staging, limits: ArchiveLimits): Promise<Form> {
  const parts = new Map<string, Part>();
  const archives: Promise<ReceivedArchive>[] = [];
  const onFile = (name: string, file: Readable) => {
    parts.set(name, { type: "file" });
    if (name === "tarball") archives.push(receive(file, staging, limits));
    else file.resume();
  };
  const onText = (name: string, text: string) => void parts.set(name, { type: "text", text });
  try {
    await readMultipart(request, limits.archiveBytes + BESIDE_ARCHIVE_BYTES, { onText, onFile });
  } catch (thrown) {
    for (const { folder } of await Promise.all(archives)) await staging.discard(folder);
    throw thrown;
  }
  const received = await Promise.all(archives);
  const archive = parts.get("tarball")?.type === "file" ? received.pop() : undefined;
  for (const { folder } of received) await staging.discard(folder);
  return archive ? parts.set("tarball", { type: "file", archive }) : parts;
}

/** Never rejects but for a folder that cannot be made. */
async function receive(file: Readable, staging: Staging, limits: ArchiveLimits): Promise<ReceivedArchive> {
  const folder = await staging.open();
  try {
    // The stream stays open when its reader has had enough, so that the parts after it are read.
    await receiveArchive(file.iterator({ destroyOnReturn: false }), folder, limits);
    return { folder };
  } catch (fault) {
    file.resume();
    return { folder, fault };
  }
}

async function readUrlEncoded(request: IncomingMessage): Promise<Form> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MOST_URL_ENCODED_BYTES) {
      request.resume();
      throw malformed("There was an error parsing the body");
    }
    chunks.push(chunk);
  }
  const parameters = new URLSearchParams(Buffer.concat(chunks).toString("utf8"));
  return new Map([...parameters].map(([name, text]) => [name, { type: "text", text }] as const));
}
