import { type Check, type CheckContext, type CheckResult, Credentials } from "leasehold";
import { describeReply, refusesCredentials } from "../judgement.ts";
import { options } from "../options.ts";
import { addressOf, type Probe, probe } from "./probe.ts";
import { readRunners } from "./runners.ts";

const WHERE = "--coordinator-url or AGENT_ORCHESTRATOR_API_URL";

/** Whether the URL leads to a coordinator, and it takes our credentials. */
export const reachable: Check = {
  name: "reachable",
  async run(context) {
    const { url } = options.parse(context.pluginOptions);
    const probed = {
      url,
      credentials: context.runner?.services.find(Credentials),
      signal: context.signal,
      secrets: context.secrets,
    };
    let health: Probe;
    let runners: Probe;
    try {
      health = await probe(probed, "/health");
      runners = await probe(probed, "/runners");
    } catch (thrown) {
      return unreachable(url, thrown, context);
    }
    return judgeAnswers(url, health, runners);
  },
};

function unreachable(url: string, thrown: unknown, { signal }: CheckContext): CheckResult {
  const reason = signal.aborted ? "no answer in time" : reasonOf(thrown);
  const { hostname } = new URL(url);
  const inContainer = ["localhost", "127.0.0.1", "[::1]"].includes(hostname)
    ? " In a container, localhost is the container itself: use host.docker.internal, or the coordinator's service name."
    : "";
  return {
    ok: false,
    problem: `nobody answers at ${addressOf(url)}: ${reason}`,
    fix: `Start the coordinator, or mend the URL with ${WHERE}.${inContainer}`,
  };
}

function judgeAnswers(url: string, health: Probe, runners: Probe): CheckResult {
  const refusal = [health, runners].find(refusesCredentials);
  if (refusal)
    return {
      ok: false,
      problem: `${addressOf(url)} refuses the credentials (${describeReply(refusal)})`,
      fix: "Configure a plugin that provides credentials for it, or mend those that it sends.",
    };
  const listed = runners.status === 200 ? readRunners(runners.body) : undefined;
  if (isHealthy(health) && listed) return { ok: true, detail: `${addressOf(url)}, runners: ${listed.length}` };
  const [path, answer] = isHealthy(health) ? (["/runners", runners] as const) : (["/health", health] as const);
  return {
    ok: false,
    problem: `${addressOf(url)}${path} answers as no coordinator does (${describeReply(answer).slice(0, 120)})`,
    fix: `Mend the URL with ${WHERE}; it may lead to another service, or lack a path.`,
  };
}

function isHealthy({ status, body }: Probe): boolean {
  try {
    const { status: said } = JSON.parse(body) as { status?: unknown };
    return status === 200 && said === "healthy";
  } catch {
    return false;
  }
}

function reasonOf(thrown: unknown): string {
  if (thrown instanceof AggregateError && thrown.errors[0] instanceof Error) return thrown.errors[0].message;
  return thrown instanceof Error ? thrown.message || thrown.name : String(thrown);
}
