import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import type { ArchiveLimits } from "../archive/limits.ts";
import { receiveArchive } from "../archive/receive.ts";
import type { Staging } from "../archive/staging.ts";
import { OkenError } from "../oken-error.ts";
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
  readonly folder?: string;
  readonly fault?: unknown;
}

const KNOWN: ReadonlySet<string> = new Set(["agent_id", "tarball", "secrets"]);

/** The parts of a deployment by name; of repeated ones the last. Others are left out, so that nobody's memory holds them. */
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
  for (const part of form.values()) if (part.type === "file") await discard(part.archive, staging);
}

async function readParts(request: IncomingMessage, staging: Staging, limits: ArchiveLimits): Promise<Form> {
  const parts = new Map<string, Part>();
  let archive: Promise<ReceivedArchive> | undefined;
  const onFile = (name: string, file: Readable) => {
    if (KNOWN.has(name)) parts.set(name, { type: "file" });
    if (name === "tarball") archive = receive(file, staging, limits, archive);
    else file.resume();
  };
  const onText = (name: string, text: string) => void (KNOWN.has(name) && parts.set(name, { type: "text", text }));
  try {
    await readMultipart(request, limits.archiveBytes + BESIDE_ARCHIVE_BYTES, { onText, onFile });
  } catch (thrown) {
    await discard(await archive, staging);
    throw thrown;
  }
  const received = await archive;
  if (received && parts.get("tarball")?.type === "file") parts.set("tarball", { type: "file", archive: received });
  else await discard(received, staging);
  return parts;
}

/** Never rejects. An earlier archive of the form makes room first, so that a form takes no more disk than one may. */
async function receive(
  file: Readable,
  staging: Staging,
  limits: ArchiveLimits,
  earlier: Promise<ReceivedArchive> | undefined,
): Promise<ReceivedArchive> {
  let folder: string | undefined;
  try {
    await discard(await earlier, staging);
    folder = await staging.open();
    // The stream stays open when its reader has had enough, so that the parts after it are read.
    await receiveArchive(file.iterator({ destroyOnReturn: false }), folder, limits);
    return { folder };
  } catch (thrown) {
    file.resume();
    return { ...(folder === undefined ? {} : { folder }), fault: unkept(thrown) };
  }
}

async function discard(archive: ReceivedArchive | undefined, staging: Staging): Promise<void> {
  if (archive?.folder !== undefined) await staging.discard(archive.folder);
}

/** What the disk refuses is told as such. */
function unkept(thrown: unknown): unknown {
  const { code, syscall } = (thrown ?? {}) as NodeJS.ErrnoException;
  if (thrown instanceof OkenError || code === undefined || syscall === undefined) return thrown;
  const message = `the archive cannot be kept in the data directory of the runner: ${code}`;
  return new OkenError("CONTAINER_ERROR", message, { cause: thrown });
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
