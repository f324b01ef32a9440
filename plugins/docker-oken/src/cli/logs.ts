import { CommandError, printable } from "leasehold";
import type { Response } from "undici";
import { pathOf } from "./client.ts";
import { linesOf } from "./lines.ts";
import type { OkenCall } from "./oken-command.ts";

const DATA = "data: ";

/** `oken logs <id> [-f]` */
export async function logs(
  { client, flags, invocation }: OkenCall,
  [agentId = ""]: readonly string[],
): Promise<number> {
  const { stdout, signal } = invocation;
  const path = `${pathOf("logs", agentId)}?tail=${flags.tail}`;
  const write = (text: string) => void stdout.write(stdout.isTTY ? printable(text) : text);
  if (!flags.follow) {
    const { json } = await client.ask(path);
    write((json as { logs: string }).logs);
    return 0;
  }
  const response = await client.open(`${path}&follow=true`, { headers: { accept: "text/event-stream" } });
  try {
    await follow(response, write);
  } catch (thrown) {
    if (!signal.aborted) throw thrown;
  }
  return 0;
}

/** Prints the lines of an event stream; an event of type `error` is why it ended. */
async function follow(response: Response, write: (text: string) => void): Promise<void> {
  let failed = false;
  for await (const line of linesOf(response)) {
    if (line === "event: error") failed = true;
    else if (line.startsWith(DATA) && failed)
      throw new CommandError(`the log broke off: ${line.slice(DATA.length)}`, "Follow it again.");
    else if (line.startsWith(DATA)) write(`${line.slice(DATA.length)}\n`);
  }
}
