import { createInterface } from "node:readline/promises";
import type { Terminal } from "../terminal.ts";

/** What `leasehold init` needs to know. */
export interface Answers {
  /** http or https URL. */
  readonly coordinatorUrl: string;
  readonly profile: string;
  /** How many runs at once; at least 1. */
  readonly concurrency: number;
}

interface Question {
  readonly text: string;
  readonly fallback: string;
  /** What is wrong with an answer, if anything. */
  readonly problem: (answer: string) => string | undefined;
}

/** The answers of somebody who has none. */
export function defaultAnswers({ env }: Pick<Terminal, "env">): Answers {
  const url = env["AGENT_ORCHESTRATOR_API_URL"] ?? "";
  return { coordinatorUrl: isHttpUrl(url) ? url : "http://localhost:8765", profile: "echo", concurrency: 16 };
}

/** Asks three questions, each until its answer makes sense; an empty answer takes the default. Nothing when it is broken off. */
export async function askForAnswers(terminal: Terminal): Promise<Answers | undefined> {
  const { coordinatorUrl, profile, concurrency } = defaultAnswers(terminal);
  const lines = createInterface({ input: terminal.stdin, output: terminal.stdout });
  const brokenOff = new AbortController();
  lines.once("SIGINT", () => brokenOff.abort()).once("close", () => brokenOff.abort());
  const ask = async ({ text, fallback, problem }: Question): Promise<string> => {
    for (;;) {
      const answer = (await lines.question(`${text} (${fallback}) `, { signal: brokenOff.signal })).trim() || fallback;
      const wrong = problem(answer);
      if (wrong === undefined) return answer;
      terminal.stdout.write(`  ${wrong}\n`);
    }
  };
  try {
    return {
      coordinatorUrl: await ask(urlQuestion(coordinatorUrl)),
      profile: await ask(profileQuestion(profile)),
      concurrency: Number(await ask(concurrencyQuestion(concurrency))),
    };
  } catch (thrown) {
    if (brokenOff.signal.aborted) return undefined;
    throw thrown;
  } finally {
    lines.close();
  }
}

function urlQuestion(fallback: string): Question {
  const problem = (answer: string) => (isHttpUrl(answer) ? undefined : "It must be an http or https URL.");
  return { text: "Where does the coordinator listen?", fallback, problem };
}

function profileQuestion(fallback: string): Question {
  const isName = (answer: string) => /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(answer);
  const problem = (answer: string) =>
    isName(answer) ? undefined : "Letters, digits, dots, hyphens and underscores, beginning with a letter or digit.";
  return { text: "Which profile: echo, test-procedural, or a name for your own?", fallback, problem };
}

function concurrencyQuestion(fallback: number): Question {
  const problem = (answer: string) => (/^[1-9]\d{0,5}$/.test(answer) ? undefined : "A whole number from 1 on.");
  return { text: "How many runs at once?", fallback: String(fallback), problem };
}

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}
