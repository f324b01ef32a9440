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
    const list = scriptList.safeParse(parsed(reply.body));
    if (!list.success) throw new Error(`${request} answered what is no list of scripts`);
    return list.data.map(({ name }) => name);
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

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
