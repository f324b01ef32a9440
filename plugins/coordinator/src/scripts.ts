import type { ScriptOrigin } from "@leasehold/script-executor";
import { z } from "leasehold";
import type { CoordinatorClient } from "./client.ts";
import { describeReply, isSuccess, isUnknownThere } from "./judgement.ts";

const scriptList = z.array(z.object({ name: z.string() }));

/** The coordinator's scripts (protocol §2.6), with the connections and credentials of its client. */
export class CoordinatorScripts implements ScriptOrigin {
  readonly #client: CoordinatorClient;

  constructor(client: CoordinatorClient) {
    this.#client = client;
  }

  async list(signal: AbortSignal): Promise<readonly string[]> {
    const reply = await this.#client.send("GET", "/scripts", { signal });
    const request = `GET ${this.#client.url}/scripts`;
    if (!isSuccess(reply)) throw new Error(`${request} answered ${describeReply(reply)}`);
    const names = readScriptNames(reply.body);
    if (!names) throw new Error(`${request} answered what is no list of scripts`);
    return names;
  }

  /** Only the coordinator's own word says that there is no script; the 404 of a proxy does not. */
  async download(name: string, signal: AbortSignal): Promise<AsyncIterable<Uint8Array> | undefined> {
    const path = `/scripts/${encodeURIComponent(name)}/download`;
    const answer = await this.#client.download(path, signal);
    if (answer.content) return answer.content;
    if (isUnknownThere(answer)) return undefined;
    throw new Error(`GET ${this.#client.url}${path} answered ${describeReply(answer)}`);
  }
}

/** The names in a `GET /scripts` answer; nothing when it is no list of scripts (protocol §2.6). */
export function readScriptNames(body: string): readonly string[] | undefined {
  try {
    return scriptList.parse(JSON.parse(body)).map(({ name }) => name);
  } catch {
    return undefined;
  }
}
