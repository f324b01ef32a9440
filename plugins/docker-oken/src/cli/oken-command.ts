import { type Command, CommandError, didYouMean, type Invocation, z } from "leasehold";
import type { OkenOptions } from "../options.ts";
import { buildLog, invoke, list, stop } from "./acts.ts";
import { OkenClient } from "./client.ts";
import { deploy } from "./deploy.ts";
import { logs } from "./logs.ts";
import { serve } from "./serve.ts";

const flags = z.strictObject({
  api: z
    .url({ protocol: /^https?$/ })
    .optional()
    .meta({
      env: "OKEN_API",
      flag: "--api <url>",
      description: "The runner API to call. Default: where this configuration has it listen",
    }),
  token: z.string().min(1).optional().meta({
    flag: "--token <token>",
    secret: true,
    description: "Bearer token of that API. Default: OKEN_API_TOKEN, which other users of this machine do not see",
  }),
  id: z.string().optional().meta({
    flag: "--id <agent>",
    description: "deploy: id of the agent. Default: slug in oken.toml, else the folder's name",
  }),
  secrets: z.string().min(1).optional().meta({
    flag: "--secrets <file>",
    description: "deploy: JSON file of an object whose members become variables of the agent",
  }),
  follow: z.boolean().default(false).meta({ flag: "-f, --follow", description: "logs: go on with what comes" }),
  tail: z
    .int()
    .min(1)
    .max(10_000)
    .default(100)
    .meta({ flag: "-n, --tail <lines>", description: "logs: last lines shown" }),
  json: z.boolean().default(false).meta({ flag: "--json", description: "ls, deploy: print JSON" }),
});

type OkenFlags = z.output<typeof flags>;

/** One call of `leasehold oken <act> …`. */
export interface OkenCall {
  readonly invocation: Invocation;
  readonly flags: OkenFlags;
  readonly options: OkenOptions;
  readonly client: OkenClient;
}

interface Act {
  readonly operands: readonly [least: number, most: number];
  readonly usage: string;
  run(call: OkenCall, operands: readonly string[]): Promise<number>;
}

const acts: Readonly<Record<string, Act>> = {
  serve: { operands: [0, 0], usage: "serve", run: serve },
  deploy: { operands: [1, 1], usage: "deploy <dir>", run: deploy },
  invoke: { operands: [1, 2], usage: "invoke <id> [json]", run: invoke },
  logs: { operands: [1, 1], usage: "logs <id> [-f]", run: logs },
  "build-log": { operands: [1, 1], usage: "build-log <id>", run: buildLog },
  ls: { operands: [0, 0], usage: "ls", run: list },
  stop: { operands: [1, 1], usage: "stop <id>", run: stop },
};

const USAGES = Object.values(acts)
  .map(({ usage }) => usage)
  .join(" | ");

/** `leasehold oken`: the runner API in the foreground, and calls of one that runs. */
export const okenCommand: Command = {
  name: "oken",
  arguments: ["<act>", "[subject]", "[json]"],
  summary: `Serve the Oken runner API, or call one: ${USAGES}`,
  examples: [
    "oken serve",
    "oken deploy ./vat-quote --id vat-quote",
    `oken invoke vat-quote '{"price": 10}'`,
    "oken logs vat-quote -f",
    "oken build-log vat-quote",
    "oken ls --json",
    "oken stop vat-quote",
  ],
  options: flags,
  async run(invocation) {
    const [name = "", ...operands] = invocation.arguments;
    const act = Object.hasOwn(acts, name) ? acts[name] : undefined;
    if (!act) throw wrongCall(`there is no "oken ${name}"${didYouMean(name, Object.keys(acts))}`, USAGES);
    const [least, most] = act.operands;
    if (operands.length < least || operands.length > most)
      throw wrongCall(`oken ${name} was given ${operands.length} words`, act.usage);
    const given = invocation.options as OkenFlags;
    const options = invocation.pluginOptions as OkenOptions;
    const client = new OkenClient(given.api ?? addressOf(options), given.token ?? options.apiToken, invocation.signal);
    return act.run({ invocation, flags: given, options, client }, operands);
  },
};

function wrongCall(problem: string, usage: string): CommandError {
  return new CommandError(problem, `Write: leasehold oken ${usage}`, { exitCode: 2 });
}

/** Where this configuration has the API listen; an address that stands for all is reached on loopback. */
function addressOf({ host, port }: OkenOptions): string {
  const reached = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  return `http://${reached.includes(":") ? `[${reached}]` : reached}:${port}`;
}
