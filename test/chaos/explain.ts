import type { Finding } from "./invariants.ts";
import type { World } from "./world.ts";

const MOST = 10;
const MOST_LINES = 12;

/** What is known about the first findings: the run, what the coordinator recorded of it, what the runners logged. */
export async function explain(findings: readonly Finding[], world: World): Promise<string> {
  const paragraphs = await Promise.all(findings.slice(0, MOST).map((finding) => paragraphOf(finding, world)));
  const more = findings.length > MOST ? [`and ${findings.length - MOST} more`] : [];
  return [...paragraphs, ...more].join("\n\n");
}

async function paragraphOf({ offence, run, text }: Finding, world: World): Promise<string> {
  if (!run) return [`${offence}: ${text}`, ...(await lastLines(world)).map((line) => `  ${line}`)].join("\n");
  const { planned, id, status, error, record, notes } = run;
  const { behaviour, session, stop } = planned;
  const asked = stop === undefined ? "" : `, to be stopped when ${stop}`;
  return [
    `${offence}: ${session} (${id}, ${behaviour}${asked}): ${text}`,
    `  it is ${status}${error === null ? "" : `: ${error.slice(0, 200)}`}`,
    ...notes.map(({ type, pid, generation, at }) => `  ${time(at)} process ${pid} of runner ${generation}: ${type}`),
    ...record
      .filter(({ method }) => method !== "GET")
      .map(({ at, method, path, status }) => `  ${time(at)} ${method} ${path} → ${status}`),
    ...(await lastLines(world, id)).map((line) => `  ${line}`),
  ].join("\n");
}

async function lastLines(world: World, text?: string): Promise<string[]> {
  return (await world.grep(text)).slice(-MOST_LINES);
}

function time(at: number): string {
  return new Date(at).toISOString().slice(11, 23);
}
