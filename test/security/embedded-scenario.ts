import { chmod, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { auth0M2M } from "@leasehold/auth0-m2m";
import { commandExecutor } from "@leasehold/command-executor";
import { coordinator } from "@leasehold/coordinator";
import { scriptExecutor } from "@leasehold/script-executor";
import { Credentials, createRunner, definePlugin, defineProfile, type Plugin, type Runner } from "leasehold";
import { createLogger } from "../../core/src/log/create-logger.ts";
import { deliveredRun, ScriptedCoordinator } from "../plugins/coordinator/scripted-coordinator.ts";
import type { Canaries } from "./canaries.ts";
import { gossip } from "./gossip.ts";
import type { LeakyStore } from "./leaky-store.ts";
import { repeat, repeating } from "./repeating.ts";
import { Sinks } from "./sinks.ts";
import { TokenServer } from "./token-server.ts";

/** How the runner authenticates at the coordinator. */
export type Authentication = "auth0" | "third party" | "password";

/** A runner in a program, with a coordinator that repeats our headers in every refusal, and a plugin that tells all it knows. */
export async function embeddedScenario(canaries: Canaries, store: LeakyStore, by: Authentication): Promise<Sinks> {
  const sinks = new Sinks();
  await using remote = await ScriptedCoordinator.start();
  await using tokens = await TokenServer.start(canaries.secret("an access token", { plain: true }));
  tokens.refusals = 1;
  const directory = await realpath(await mkdtemp(join(tmpdir(), "leasehold-canary-")));
  try {
    const setting = { canaries, store, by, remote, tokens, directory, sinks };
    await failToStart(setting);
    await beRefused(setting);
    await work(setting);
    for (const { route, query, body } of remote.requests) sinks.add("coordinator", `${route} ${query} ${body}`);
    await sinks.addFiles("files", directory, ["printenv", "secret-file"]);
    return sinks;
  } finally {
    await rm(directory, { recursive: true });
  }
}

interface Setting {
  readonly canaries: Canaries;
  readonly store: LeakyStore;
  readonly by: Authentication;
  readonly remote: ScriptedCoordinator;
  readonly tokens: TokenServer;
  readonly directory: string;
  readonly sinks: Sinks;
}

async function failToStart(setting: Setting): Promise<void> {
  const failure = await start(setting, "setup").then(
    () => new Error("it started"),
    (thrown: unknown) => thrown,
  );
  setting.sinks.addThrown("thrown at the host", failure);
}

async function beRefused(setting: Setting): Promise<void> {
  setting.remote.once("POST /runner/register", repeating(403));
  const runner = await start(setting, "teardown");
  const never = new AbortController().signal;
  await runner
    .lease({ drain: never, stop: never })
    .catch((thrown) => setting.sinks.addThrown("thrown at the host", thrown));
  await runner.close().catch((thrown: unknown) => setting.sinks.addThrown("thrown at the host", thrown));
}

/** What gossip does not take nobody takes. */
const COMMANDS: Readonly<Record<string, object>> = { printenv: { command: "./printenv" } };

const ACTS = ["succeed", "fail", "throw", "refuse", "decline"];

async function work(setting: Setting): Promise<void> {
  const { remote, sinks } = setting;
  remote.always("POST /runner/heartbeat", ({ headers }) => ({ status: 500, text: repeat(headers) }));
  remote.always("GET /scripts", repeating(500));
  remote.once("POST /runner/register", repeating(500));
  const runner = await start(setting, "teardown");
  runner.telemetry.subscribe((event) => sinks.add("telemetry", JSON.stringify(event)));
  const drain = new AbortController();
  const leasing = runner
    .lease({ drain: drain.signal, stop: new AbortController().signal })
    .catch((thrown: unknown) => sinks.addThrown("thrown at the host", thrown));
  for (const act of ACTS) await deliver(remote, "gossip", act);
  await deliver(remote, "printenv", "print");
  await remote.seen("POST /runner/heartbeat");
  const outcome = await runner.execute({
    id: "run_local",
    agent: { name: "gossip", command: "gossip" },
    session: { id: "ses_local", mode: "start" },
    parametersText: "{}",
  });
  sinks.add("outcome", JSON.stringify(outcome));
  sinks.add("status", JSON.stringify(runner.status()));
  drain.abort();
  // As a coordinator does when a runner deregisters; else the drain would wait for the poll.
  void remote.answerPoll({ status: 204, text: "" });
  await leasing;
  await runner.close().catch((thrown: unknown) => sinks.addThrown("thrown at the host", thrown));
}

/** One run from the poll to its terminal report, the first attempt of which is refused. */
async function deliver(remote: ScriptedCoordinator, agent: string, act: string): Promise<void> {
  const id = `run_${agent}_${act}`;
  const ends = ["completed", "failed"].map((end) => `POST /runner/runs/${id}/${end}`);
  for (const end of ends) remote.once(end, repeating(503));
  await remote.answerPoll({
    json: {
      run: deliveredRun({
        run_id: id,
        session_id: `ses_${agent}_${act}`,
        agent_name: agent,
        parameters: { act },
        resolved_agent_blueprint: { name: agent, type: "procedural", tags: [], ...COMMANDS[agent] },
      }),
    },
  });
  await remote.until(() => ends.some((end) => remote.of(end).length >= 2));
}

async function start(setting: Setting, mishap: "setup" | "teardown"): Promise<Runner> {
  const { canaries, store, remote, directory, sinks } = setting;
  await writeFile(join(directory, "printenv"), "#!/bin/sh\nenv; env >&2; exit 3\n");
  await chmod(join(directory, "printenv"), 0o755);
  await writeFile(join(directory, "secret-file"), `${canaries.secret("auth0's client secret file")}\n`);
  const userInfo = `runner:${encodeURIComponent(canaries.secret("the coordinator's password"))}@`;
  const lines = new Writable({
    write(line, _encoding, done) {
      sinks.add("log", String(line));

      done();
    },
  });
  const plugins = [
    coordinator({
      url: remote.url.replace("//", `//${userInfo}`),
      hostname: "build-07",
      heartbeatIntervalSeconds: 0.1,
    }),
    ...credentialsBy(setting),
    commandExecutor({
      environment: {
        set: { SET_API_KEY: canaries.secret("a member of an option, by its name") },
        grants: { agents: { printenv: ["GRANTED"] } },
      },
    }),
    scriptExecutor(),
    profile(directory),
    gossip({
      fromConfiguration: canaries.secret("an option in the configuration"),
      heard: [canaries.secret("the coordinator's password")],
      mishap,
    }),
  ];
  return createRunner(
    { plugins, projectDir: directory, redactResults: true, drainTimeoutSeconds: 0, graceSeconds: 0 },
    {
      env: {
        GOSSIP_SECRET: canaries.secret("an option's variable"),
        STRAY_TOKEN: canaries.secret("a stray variable, by its name"),
        HTTPS_PROXY: `http://me:${encodeURIComponent(canaries.secret("a proxy's password"))}@proxy.test`,
      },
      log: createLogger({ verbose: true, stream: lines }),
      secrets: store,
    },
  );
}

function profile(directory: string): Plugin {
  return defineProfile({
    name: "canary",
    directory,
    executor: { type: "procedural", command: "exec" },
    agents: [
      { name: "gossip", command: "gossip" },
      { name: "printenv", command: "./printenv" },
    ],
  });
}

function credentialsBy({ canaries, by, tokens, directory }: Setting): Plugin[] {
  if (by === "password") return [];
  if (by === "third party") return [badge({ token: canaries.secret("a third party's header", { plain: true }) })];
  const client = { issuerUrl: tokens.issuer, audience: "api", clientId: "runner" };
  return [auth0M2M({ ...client, clientSecretFile: join(directory, "secret-file") })];
}

/** Knows of no redactor: whoever asks for its headers has to see to it. */
const badge = ({ token }: { token: string }): Plugin =>
  definePlugin({
    name: "badge",
    apiVersion: 1,
    setup({ services }) {
      services.provide(Credentials, {
        useValue: { headers: async () => ({ Authorization: `Bearer ${token}` }), rejected: async () => false },
      });
    },
  })();
