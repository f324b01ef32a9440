import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";

/** Posts JSON on a connection of its own, and answers the JSON. Rejects with what was answered when it is not a success. */
export async function postJson(url: string, body: object): Promise<unknown> {
  const sent = request(url, { method: "POST", agent: false, headers: { "content-type": "application/json" } });
  sent.end(JSON.stringify(body));
  const [answer] = (await once(sent, "response")) as [IncomingMessage];
  const answered = await text(answer);
  const status = answer.statusCode ?? 0;
  if (status < 200 || status >= 300) throw new Error(`POST ${url} was answered ${status}: ${answered}`);
  return answered === "" ? undefined : JSON.parse(answered);
}
