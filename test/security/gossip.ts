import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import {
  CommandError,
  decline,
  definePlugin,
  entrypoint,
  failed,
  jsonResult,
  refuse,
  type Secrets,
  succeeded,
  z,
} from "leasehold";
import { utter } from "./canaries.ts";

declare module "leasehold" {
  interface EntrypointKinds {
    gossip: Record<never, never>;
  }
}

/** What it does beside gossiping; each is a way of failing that prints. */
export const MISHAPS = ["none", "setup", "teardown"] as const;

/** Where what was passed on by streams ends up. */
const PASSED_ON = "passed-on.log";

/** A plugin that tells every secret it knows of to everybody, in every form, at every opportunity. */
export const gossip = definePlugin({
  name: "gossip",
  apiVersion: 1,
  options: z.strictObject({
    fromEnvironment: z.string().optional().meta({ env: "GOSSIP_SECRET", secret: true }),
    fromConfiguration: z.string().optional().meta({ secret: true }),
    fromFlag: z.string().optional().meta({ flag: "--gossip <text>", secret: true }),
    nested: z.record(z.string(), z.string()).default({}),
    /** Known from elsewhere, and quoted everywhere. */
    heard: z.array(z.string()).default([]),
    stray: z.boolean().default(false).meta({ flag: "--stray" }),
    mishap: z.enum(MISHAPS).default("none"),
  }),
  checks: [
    {
      name: "gossip",
      async run({ pluginOptions, secrets }) {
        const { own, heard } = registered(pluginOptions, secrets);
        return [
          { ok: true, detail: tell([own, ...heard]) },
          { ok: false, problem: tell([own, ...heard]), fix: tell([own, ...heard]) },
        ];
      },
    },
    {
      name: "outburst",
      async run({ pluginOptions, secrets }) {
        const { own, heard } = registered(pluginOptions, secrets);
        throw new Error(tell([own, ...heard]));
      },
    },
  ],
  commands: [
    {
      name: "gossip",
      summary: "Tells",
      async run({ pluginOptions, secrets, stdout, stderr, log }) {
        const { own, heard } = registered(pluginOptions, secrets);
        const told = tell([own, ...heard]);
        // On standard output may be a result, in which only credentials are masked.
        stdout.write(`${utter(own)}\n`);
        stderr.write(`${told}\n`);
        log.error({ told }, told);
        throw new CommandError(told, told, { cause: new Error(told) });
      },
    },
  ],
  async setup({ hooks, sources, resources, secrets, log, runner }, options) {
    const { own, heard, ofAgent, ofRun } = registered(options, secrets);
    const all = [own, ofAgent, ...heard];
    // What is secret in a run is known while it runs.
    const ofRuns = [...all, ofRun];
    secrets.ofAgent("gossip").register(ofAgent, "the agent's");
    log.warn({ all, nested: { all: JSON.stringify(all) } }, tell(all));
    if (options.mishap === "setup")
      throw Object.assign(new Error(tell(all), { cause: new Error(tell(all)) }), { details: { all } });
    if (options.stray) {
      setImmediate(() => void Promise.reject(new Error(tell(all), { cause: tell(all) })));
      await new Promise(() => undefined);
    }
    resources.handle("gossip", { end: async () => ({ signals: [], survivors: 0, ms: 0 }), survivors: async () => 0 });
    await resources.own({ kind: "gossip", id: "one", data: { all } });
    hooks.onHeartbeat.tap(() => Promise.reject(new Error(tell(all))), { everySeconds: 0.05 });
    hooks.onLease.tap((run) => {
      run.secrets.register(ofRun, "the run's");
      return run.agent.name === "gossip" && act(run) === "refuse" ? refuse(tell(ofRuns)) : undefined;
    });
    hooks.resolveEntrypoint.tap(
      (run) => {
        if (run.agent.name !== "gossip") return undefined;
        return act(run) === "decline" ? decline(tell(ofRuns)) : entrypoint("gossip", {});
      },
      { order: "first" },
    );
    hooks.execute.for("gossip").tap(async (run) => {
      run.log.error({ err: new Error(tell(ofRuns), { cause: tell(ofRuns) }) }, tell(ofRuns));
      run.emit({ type: "message", data: { role: "assistant", content: [{ type: "text", text: tell(ofRuns) }] } });
      const passing = run.secrets.stream();
      const [passed] = await Promise.all([
        text(passing),
        pipeline(Readable.from(inPieces(`${tell(ofRuns)}\n`)), passing),
      ]);
      await appendFile(join(runner.projectDir, PASSED_ON), passed + run.secrets.text(tell(ofRuns)));
      if (act(run) === "throw") throw new Error(tell(ofRuns), { cause: new Error(tell(ofRuns)) });
      if (act(run) === "fail") return failed({ code: "GOSSIP", message: tell(ofRuns) });
      return succeeded(jsonResult(JSON.stringify({ told: tell(ofRuns) })));
    });
    hooks.onResult.tap((_outcome, run) => {
      // Of a run that was refused before its lease nobody else would have.
      run.secrets.register(ofRun, "the run's");
      throw new Error(tell(ofRuns));
    });
    sources.add({
      name: "whispers",
      delivery: "durable",
      slots: 1,
      async start(feed, signal) {
        await feed.remember("all", [...all]);
        const run = {
          id: "run_whispered",
          agent: { name: "gossip" },
          session: { id: "ses", mode: "start" as const },
          parametersText: "{}",
        };
        await feed.offer({ ref: { told: tell(all) }, run }, await feed.slot()).outcome;
        if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
        throw new Error(tell(all));
      },
      reports: (moment) => [{ type: moment.type, told: tell([own]) }],
      status: () => ({ ready: true, detail: tell(all) }),
      async deliver(_ref, report) {
        await appendFile(join(runner.projectDir, PASSED_ON), JSON.stringify(report));
        return "accepted";
      },
      async close() {
        throw new Error(tell(all));
      },
    });
    return () => {
      if (options.mishap === "teardown") throw new Error(tell(all), { cause: { all } });
    };
  },
});

/** What it registers itself comes from where nobody else looks. */
interface Known {
  readonly own: string;
  readonly ofAgent: string;
  readonly ofRun: string;
  readonly heard: readonly string[];
}

function registered(options: Readonly<Record<string, unknown>>, secrets: Pick<Secrets, "register">): Known {
  const { OWN_SECRET: own = "", AGENTS_SECRET: ofAgent = "", RUNS_SECRET: ofRun = "" } = process.env;
  secrets.register(own, "the plugin's own");
  const { heard = [], nested = {}, fromEnvironment, fromConfiguration, fromFlag } = options as Given;
  const given = [fromEnvironment ?? "", fromConfiguration ?? "", fromFlag ?? "", ...Object.values(nested)];
  return { own, ofAgent, ofRun, heard: [...heard, ...given.filter((one) => one !== "")] };
}

interface Given {
  readonly heard?: readonly string[];
  readonly nested?: Readonly<Record<string, string>>;
  readonly fromEnvironment?: string;
  readonly fromConfiguration?: string;
  readonly fromFlag?: string;
}

function act(run: { readonly parameters: Readonly<Record<string, unknown>> }): unknown {
  return run.parameters["act"];
}

function tell(secrets: readonly string[]): string {
  return secrets.map(utter).join("\n");
}

/** Cut where it hurts. */
function* inPieces(told: string): Generator<Buffer> {
  const bytes = Buffer.from(told);
  for (let at = 0; at < bytes.length; at += 7) yield bytes.subarray(at, at + 7);
}
