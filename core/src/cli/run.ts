import { randomUUID } from "node:crypto";
import { LeaseholdError } from "../errors/leasehold-error.ts";
import { didYouMean } from "../errors/nearest.ts";
import type { Profile } from "../profiles/profile.ts";
import type { Agent } from "../run/agent.ts";
import type { Outcome } from "../run/outcome.ts";
import type { Runner } from "../runner-api.ts";
import type { LeasedRun } from "../sources/source.ts";
import { propertiesOf } from "./agent/parameter-kind.ts";
import { parseAgentArguments } from "./agent/parse-arguments.ts";
import { describeAgent } from "./agent/usage.ts";
import { type Call, withRunner } from "./call.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { type Interrupts, listenForInterrupts } from "./interrupts.ts";
import type { MaskedTerminal } from "./masked-terminal.ts";
import { UsageFault } from "./report.ts";

/** `leasehold run <agent> …`: one run through the hooks, without any lease source. Answers the run's own exit code. */
export async function run(call: Call, agentName: string, words: readonly string[]): Promise<number> {
  const interrupts = listenForInterrupts();
  try {
    const code = await withRunner(call, async (runner) => {
      const { agent, profile } = findAgent(runner, agentName);
      if (words.includes("--help") && !Object.hasOwn(propertiesOf(agent.parametersSchema), "help")) {
        call.terminal.stdout.write(describeAgent(agent));
        return EXIT_CODES.ENDED.code;
      }
      const leased = lease(agent, words);
      return conclude(await runner.execute(leased, { profile, signal: interrupts.first }), interrupts, call.terminal);
    });
    interrupts.throwStray();
    return code;
  } finally {
    interrupts.dispose();
  }
}

/** The active profile's agents come first, then the others' in order. */
function findAgent(runner: Runner, name: string): { agent: Agent; profile: Profile } {
  const profiles = new Set([runner.activeProfile, ...runner.profiles].filter((profile) => profile !== undefined));
  const offers = [...profiles].flatMap((profile) => profile.agents.map((agent) => ({ agent, profile })));
  const offer = offers.find(({ agent }) => agent.name === name);
  if (offer) return offer;
  const names = [...new Set(offers.map(({ agent }) => agent.name))];
  const fault = new LeaseholdError("AGENT_UNKNOWN", { agent: name, agents: names.join(", ") || "none" });
  throw new UsageFault(`nothing was run${didYouMean(name, names)}`, [fault]);
}

function lease(agent: Agent, words: readonly string[]): LeasedRun {
  const parsed = parseAgentArguments(words, agent.parametersSchema);
  if ("problems" in parsed)
    throw new UsageFault(
      "nothing was run",
      parsed.problems.map((problem) => new LeaseholdError("PARAMETERS_INVALID", { agent: agent.name, problem })),
    );
  return {
    id: `run_${shortId()}`,
    agent,
    session: { id: `ses_${shortId()}`, mode: "start" },
    parametersText: parsed.parametersText,
  };
}

function conclude(outcome: Outcome, interrupts: Interrupts, { output, stderr }: MaskedTerminal): number {
  if (outcome.result) output.write(outcome.result.text.replace(/\n?$/, "\n"));
  if (outcome.error) stderr.write(outcome.error.message.replace(/\n?$/, "\n"));
  const interrupt = interrupts.received();
  if (interrupt) return EXIT_CODES[interrupt].code;
  if (outcome.status === "succeeded") return outcome.exitCode ?? EXIT_CODES.ENDED.code;
  return outcome.exitCode || EXIT_CODES.RUN_FAILED.code;
}

function shortId(): string {
  return randomUUID().replaceAll("-", "").slice(-12);
}
