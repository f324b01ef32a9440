import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { CommandError, printable } from "leasehold";
import type { RequestInit, Response } from "undici";
import { checkAgentId } from "../agent-id.ts";
import { STEPS_TYPE } from "../http/steps.ts";
import { answerOf, refusal } from "./client.ts";
import { linesOf } from "./lines.ts";
import type { OkenCall } from "./oken-command.ts";

/** What `POST /deploy` answers. */
interface Deployed {
  readonly agent_id: string;
  readonly status: string;
  readonly endpoint: string | null;
  readonly error: string | null;
}

/** `oken deploy <dir>`: packs as the Oken CLI does; the build's steps are shown on a terminal while they are made. */
export async function deploy(call: OkenCall, [directory = ""]: readonly string[]): Promise<number> {
  const { client, flags, invocation } = call;
  const { stdout, stderr } = invocation;
  const folder = resolve(directory);
  const agentId = flags.id ?? (await slugOf(folder)) ?? basename(folder);
  const parts = { agentId: checked(agentId), folder, secrets: flags.secrets && (await secretsIn(flags.secrets)) };
  const response = await client.open("/deploy", await uploadOf(parts));
  const answer = await finalAnswer(response, (line) => stderr.isTTY && stderr.write(`${printable(line)}\n`));
  const deployed = answer.json as Deployed;
  if (flags.json) stdout.write(`${answer.text}\n`);
  else if (deployed.status === "running") stdout.write(`${agentId} is running: ${client.url}${deployed.endpoint}\n`);
  if (deployed.status === "running") return 0;
  throw new CommandError(
    `${agentId} did not start: ${printable(deployed.error ?? "not ready")}`,
    `See leasehold oken logs ${agentId}.`,
  );
}

/** Hears the steps, and answers what the last line holds. Rejects with the runner's refusal, and when the steps break off. */
async function finalAnswer(response: Response, onLine: (line: string) => void) {
  for await (const text of linesOf(response)) {
    const step = JSON.parse(text) as { line?: string; status?: number; body?: unknown };
    if (step.line !== undefined) onLine(step.line);
    if (step.status === undefined) continue;
    const answer = answerOf(step.status, JSON.stringify(step.body));
    if (step.status >= 400) throw refusal(answer);
    return answer;
  }
  throw new CommandError("the runner ended while it deployed the agent", "Start it again, and deploy once more.");
}

interface UploadParts {
  readonly agentId: string;
  readonly folder: string;
  readonly secrets: string | undefined;
}

/** A form whose archive is packed while it is sent, so that its size costs no memory. */
async function uploadOf(parts: UploadParts): Promise<RequestInit> {
  const boundary = `leasehold-${randomUUID()}`;
  const headers = { "content-type": `multipart/form-data; boundary=${boundary}`, accept: STEPS_TYPE };
  return { method: "POST", headers, body: ReadableStream.from(formOf(parts, boundary)), duplex: "half" };
}

async function* formOf({ agentId, folder, secrets }: UploadParts, boundary: string): AsyncGenerator<Uint8Array> {
  const { packFolder } = await import("../archive/pack.ts");
  const part = (name: string, more = "") =>
    `--${boundary}\r\ncontent-disposition: form-data; name="${name}"${more}\r\n\r\n`;
  yield Buffer.from(`${part("agent_id")}${agentId}\r\n${part("tarball", '; filename="agent.tar.gz"')}`);
  yield* packFolder(folder);
  if (secrets !== undefined) yield Buffer.from(`\r\n${part("secrets")}${secrets}`);
  yield Buffer.from(`\r\n--${boundary}--\r\n`);
}

/** `slug` of the folder's `oken.toml`, as the Oken CLI has it. Rejects with a `CommandError` when there is no such file. */
async function slugOf(folder: string): Promise<string | undefined> {
  const file = join(folder, "oken.toml");
  const text = await readFile(file, "utf8").catch((thrown: NodeJS.ErrnoException) => {
    throw new CommandError(`${file} cannot be read: ${thrown.code}`, "Name a folder with an oken.toml.", {
      cause: thrown,
    });
  });
  const { parse } = await import("smol-toml");
  try {
    const { slug } = parse(text);
    return typeof slug === "string" && slug !== "" ? slug : undefined;
  } catch {
    // The runner says what is wrong with it, in full.
    return undefined;
  }
}

async function secretsIn(file: string): Promise<string> {
  return readFile(file, "utf8").catch((thrown: NodeJS.ErrnoException) => {
    throw new CommandError(`${file} cannot be read: ${thrown.code}`, "Name a JSON file.", {
      cause: thrown,
      exitCode: 2,
    });
  });
}

function checked(agentId: string): string {
  try {
    return checkAgentId(agentId);
  } catch (thrown) {
    throw new CommandError((thrown as Error).message, "Name one with --id ID.", { exitCode: 2 });
  }
}
