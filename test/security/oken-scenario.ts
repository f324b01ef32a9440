import { PassThrough, Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { dockerOken, type OkenApi } from "@leasehold/docker-oken";
import { createRunner, type Invocation, type Runner, token, z } from "leasehold";
import { createLogger } from "../../core/src/log/create-logger.ts";
import { okenCommand } from "../../plugins/docker-oken/src/cli/oken-command.ts";
import { options as okenOptions } from "../../plugins/docker-oken/src/options.ts";
import { engine } from "../plugins/docker-oken/engine.ts";
import type { OkenPlace } from "../plugins/docker-oken/oken-api.ts";
import { archiveOf } from "../plugins/script-executor/archives.ts";
import type { Canaries } from "./canaries.ts";
import type { LeakyStore } from "./leaky-store.ts";
import { echoing, raising, stillborn, unbuildable } from "./oken-agents.ts";
import { Sinks } from "./sinks.ts";

const ApiToken = token<OkenApi>("docker-oken/api");

/** Agents in containers that tell their secrets in every way they have, and clients that send them in every wrong way. */
export async function okenScenario(canaries: Canaries, store: LeakyStore, place: OkenPlace): Promise<Sinks> {
  const sinks = new Sinks();
  const apiToken = canaries.secret("the token of the Oken API", { plain: true });
  const runner = await start(place, apiToken, store, sinks);
  const drain = new AbortController();
  const leasing = runner.lease({ drain: drain.signal, stop: drain.signal }).catch(() => undefined);
  try {
    const url = await runner.services.get(ApiToken).address;
    const setting = { canaries, sinks, url, apiToken, runner };
    await beRefused(setting);
    await deployAll(setting);
    await callAll(setting);
    await readLogs(setting);
    await commandLine(setting);
    sinks.add("status", JSON.stringify(runner.status()));
  } finally {
    drain.abort(new Error("the test ends"));
    await leasing;
    await runner.close();
  }
  await sinks.addFiles("files", place.dataDir);
  await sinks.addFiles("journal", place.projectDir);
  return sinks;
}

interface Setting {
  readonly canaries: Canaries;
  readonly sinks: Sinks;
  readonly url: string;
  readonly apiToken: string;
  readonly runner: Runner;
}

async function start(place: OkenPlace, apiToken: string, store: LeakyStore, sinks: Sinks): Promise<Runner> {
  const { projectDir, ...own } = place;
  const { host: dockerHost, baseImage } = engine();
  const stream = new Writable({
    write(line, _encoding, done) {
      sinks.add("log", String(line));
      done();
    },
  });
  const oken = dockerOken({ port: 0, dockerHost, baseImage, apiToken, healthCheckTimeoutSeconds: 20, ...own });
  const runner = await createRunner(
    { projectDir, plugins: [oken] },
    { env: {}, log: createLogger({ verbose: true, stream }), secrets: store },
  );
  runner.telemetry.subscribe((event) => sinks.add("telemetry", JSON.stringify(event)));
  return runner;
}

async function beRefused(setting: Setting): Promise<void> {
  const secret = setting.canaries.secret("a secret of a deployment");
  const archive = await blobOf(raising);
  const swapped = JSON.stringify({ [secret]: "NAME" });
  const wrong = [
    secret,
    JSON.stringify(secret),
    JSON.stringify([secret]),
    swapped,
    JSON.stringify({ A: { b: secret } }),
  ];
  for (const secrets of [...wrong, new Blob([secret]), JSON.stringify({ A: `${secret}\0` })])
    await post(setting, "refused", { agent_id: "refused", tarball: archive, secrets });
  await post(setting, "refused", { tarball: archive, secrets: JSON.stringify({ A: secret }) });
  await post(setting, "refused", { agent_id: "refused", secrets: JSON.stringify({ A: secret }) });
  const reserved = JSON.stringify({ OKEN_PORT: secret, DEPLOYED: secret });
  await post(setting, "refused", { agent_id: "refused", tarball: await blobOf({ "main.py": "" }), secrets: reserved });
}

async function deployAll(setting: Setting): Promise<void> {
  const secret = setting.canaries.secret("a secret of a deployment");
  const secrets = JSON.stringify({ DEPLOYED: secret });
  for (const [id, files] of Object.entries({ raising, stillborn, echoing }))
    await post(setting, `deploy ${id}`, { agent_id: id, tarball: await blobOf(files), secrets });
  const tarball = await blobOf(unbuildable(secret));
  await post(setting, "deploy unbuildable", { agent_id: "unbuildable", tarball, secrets });
  const accept = { accept: "application/x-ndjson" };
  await post(setting, "steps", { agent_id: "unbuildable", tarball, secrets }, accept);
}

async function callAll(setting: Setting): Promise<void> {
  const { runner, sinks, apiToken } = setting;
  for (const id of ["raising", "echoing", "stillborn"]) {
    const init = { method: "POST", headers: { "content-type": "application/json" }, body: '{"input":{}}' };
    await ask(setting, `invoke ${id}`, `/invoke/${id}`, init);
    const outcome = await runner.execute({
      id: `run_${id}`,
      agent: { name: "another", command: `oken:${id}` },
      session: { id: `ses_${id}`, mode: "start" },
      parametersText: "{}",
    });
    sinks.add(`run of ${id}`, JSON.stringify(outcome));
  }
  const body = JSON.stringify({ input: { echo: apiToken } });
  await ask(setting, "echo", "/invoke/raising", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body,
  });
  await ask(setting, "lost", `/${encodeURIComponent(apiToken)}`);
}

async function readLogs(setting: Setting): Promise<void> {
  for (const id of ["raising", "echoing", "stillborn"]) {
    await ask(setting, `logs of ${id}`, `/logs/${id}`);
    const gone = new AbortController();
    const response = await fetch(`${setting.url}/logs/${id}?follow=true`, {
      headers: { authorization: `Bearer ${setting.apiToken}` },
      signal: gone.signal,
    });
    // Standard error is written last.
    let seen = "";
    const until = id === "stillborn" ? Number.POSITIVE_INFINITY : (await lengthOfLogs(setting, id)) * 0.95;
    for await (const chunk of response.body ?? []) {
      seen += Buffer.from(chunk).toString("latin1");
      if (seen.length >= until) break;
    }
    gone.abort();
    setting.sinks.add(`events of ${id}`, seen);
  }
  await ask(setting, "build log", "/logs/unbuildable/build");
  await ask(setting, "agents", "/agents");
}

async function lengthOfLogs({ url, apiToken }: Setting, id: string): Promise<number> {
  const response = await fetch(`${url}/logs/${id}`, { headers: { authorization: `Bearer ${apiToken}` } });
  return ((await response.json()) as { logs: string }).logs.length;
}

/** As they print before the frame masks it. */
async function commandLine({ url, apiToken, sinks }: Setting): Promise<void> {
  const calls = [
    ["ls"],
    ["logs", "raising"],
    ["build-log", "unbuildable"],
    ["invoke", "raising", "{}"],
    ["stop", "raising"],
  ];
  for (const words of calls) {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const invocation = {
      arguments: words,
      options: (okenCommand.options ?? z.object({})).parse({ api: url, token: apiToken }),
      pluginOptions: okenOptions.parse({}),
      ...{ stdout, stderr, signal: new AbortController().signal },
    } as Partial<Invocation> as Invocation;
    await okenCommand.run(invocation).catch((thrown: unknown) => sinks.addThrown(`oken ${words[0]}`, thrown));
    stdout.end();
    stderr.end();
    sinks.add(`oken ${words[0]}`, `${await text(stdout)}${await text(stderr)}`);
  }
}

async function post(
  setting: Setting,
  where: string,
  fields: Readonly<Record<string, string | Blob>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<void> {
  const form = new FormData();
  for (const [name, field] of Object.entries(fields))
    if (typeof field === "string") form.append(name, field);
    else form.append(name, field, "file.tar.gz");
  await ask(setting, where, "/deploy", { method: "POST", body: form, headers });
}

async function ask({ url, apiToken, sinks }: Setting, where: string, path: string, init: RequestInit = {}) {
  const headers = { ...init.headers, authorization: `Bearer ${apiToken}` };
  const response = await fetch(`${url}${path}`, { ...init, headers });
  sinks.add(where, `${response.status} ${JSON.stringify([...response.headers])} ${await response.text()}`);
}

async function blobOf(files: Readonly<Record<string, string>>): Promise<Blob> {
  const archive = await archiveOf(Object.entries(files).map(([name, content]) => ({ name, content })));
  return new Blob([Uint8Array.from(archive)]);
}
