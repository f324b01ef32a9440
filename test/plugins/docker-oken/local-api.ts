import { type Config, createRunner, definePlugin, type Plugin, type Runner } from "leasehold";
import { pino } from "pino";
import { onTestFinished } from "vitest";
import { type OkenApi, OkenApiToken, offerAgents } from "../../../plugins/docker-oken/src/offer-agents.ts";
import { type OkenOptions, options as schema } from "../../../plugins/docker-oken/src/options.ts";
import { temporaryDirectory } from "../script-executor/archives.ts";
import { LocalAgents } from "./local-agents.ts";

export interface LocalApi {
  readonly url: string;
  readonly agents: LocalAgents;
  readonly dataDir: string;
  readonly projectDir: string;
  readonly runner: Runner;
  /** Lines of the runner's log, parsed. */
  readonly log: Record<string, unknown>[];
  /** Begins the drain; resolves when the runner leases no more. */
  drain(): Promise<void>;
}

/** The Oken runner API of a whole runner, before agents that are servers of this process. */
export async function localApi(
  given: Partial<OkenOptions> = {},
  plugins: readonly Plugin[] = [],
  core: Pick<Config, "drainTimeoutSeconds" | "journal"> = {},
): Promise<LocalApi> {
  const dataDir = await temporaryDirectory();
  const agents = new LocalAgents();
  const options = schema.parse({ port: 0, dataDir, ...given });
  const oken = definePlugin({
    name: "docker-oken",
    apiVersion: 1,
    uses: ["script-executor"],
    setup: (context) => offerAgents(context, async () => agents, options),
  });
  const log: Record<string, unknown>[] = [];
  const logger = pino({ level: "debug" }, { write: (line: string) => void log.push(JSON.parse(line)) });
  const projectDir = await temporaryDirectory();
  const runner = await createRunner(
    { journal: "memory", ...core, projectDir, plugins: [oken(), ...plugins] },
    { log: logger },
  );
  const [drain, stop] = [new AbortController(), new AbortController()];
  const leasing = runner.lease({ drain: drain.signal, stop: stop.signal });
  leasing.catch(() => undefined);
  onTestFinished(async () => {
    drain.abort(new Error("the test ends"));
    stop.abort(new Error("the test ends"));
    await leasing.catch(() => undefined);
    await runner.close();
    await agents.close();
  });
  const url = await runner.services.get<OkenApi>(OkenApiToken).address;
  const end = () => {
    drain.abort(new Error("the test ends"));
    return leasing;
  };
  return { url, agents, dataDir, projectDir, runner, log, drain: end };
}

/** Status and body of an answer, and its headers. */
export async function ask(url: string, init: RequestInit = {}) {
  const response = await fetch(url, init);
  const text = await response.text();
  const type = response.headers.get("content-type") ?? "";
  return {
    status: response.status,
    body: type.startsWith("application/json") ? JSON.parse(text) : text,
    text,
    headers: response.headers,
  };
}

export const invoke = (url: string, agentId: string, body: unknown, init: RequestInit = {}) =>
  ask(`${url}/invoke/${agentId}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: typeof body === "string" ? body : JSON.stringify(body),
    ...init,
  });
