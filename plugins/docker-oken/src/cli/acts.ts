import { CommandError, jsonMemberSpan, printable } from "leasehold";
import { pathOf } from "./client.ts";
import type { OkenCall } from "./oken-command.ts";

/** `oken invoke <id> [json]`: prints the output as the agent wrote it. */
export async function invoke(
  { client, invocation: { stdout } }: OkenCall,
  [agentId = "", input = "{}"]: readonly string[],
): Promise<number> {
  const body = `{"input":${checkedInput(input)}}`;
  const headers = { "content-type": "application/json" };
  const { text } = await client.ask(pathOf("invoke", agentId), { method: "POST", headers, body });
  const span = jsonMemberSpan(text, "output");
  stdout.write(`${span ? text.slice(span.start, span.end) : "null"}\n`);
  return 0;
}

/** `oken ls`: a table, or JSON. */
export async function list({ client, flags, invocation: { stdout } }: OkenCall): Promise<number> {
  const { json, text } = await client.ask("/agents");
  const { agents } = json as { agents: readonly Readonly<Record<string, string | null>>[] };
  const rows = agents.map((agent) => COLUMNS.map(({ of }) => printable(agent[of] ?? "never")));
  stdout.write(flags.json ? `${text}\n` : tableOf([COLUMNS.map(({ head }) => head), ...rows]));
  return 0;
}

/** `oken stop <id>` */
export async function stop(
  { client, invocation: { stdout } }: OkenCall,
  [agentId = ""]: readonly string[],
): Promise<number> {
  await client.ask(pathOf("stop", agentId), { method: "POST" });
  stdout.write(`${agentId} is stopped and forgotten\n`);
  return 0;
}

/** `oken build-log <id>`: the output of the newest image build, whole. */
export async function buildLog(
  { client, invocation: { stdout } }: OkenCall,
  [agentId = ""]: readonly string[],
): Promise<number> {
  const { json } = await client.ask(`${pathOf("logs", agentId)}/build`);
  const { logs } = json as { logs: string };
  stdout.write(stdout.isTTY ? printable(logs) : logs);
  return 0;
}

const COLUMNS = [
  { head: "AGENT", of: "agent_id" },
  { head: "STATUS", of: "status" },
  { head: "NAME", of: "name" },
  { head: "DEPLOYED", of: "created_at" },
  { head: "LAST CALLED", of: "last_invoked" },
] as const;

function tableOf(rows: readonly (readonly string[])[]): string {
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ");
  return rows.map((row) => `${line(row).trimEnd()}\n`).join("");
}

function checkedInput(text: string): string {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return text;
  } catch {
    // Said below.
  }
  throw new CommandError("the input is no JSON object", `Write it as in oken invoke ID '{"price": 10}'.`, {
    exitCode: 2,
  });
}
