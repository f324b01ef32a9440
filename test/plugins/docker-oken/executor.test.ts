import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { commandExecutor } from "@leasehold/command-executor";
import { scriptExecutor } from "@leasehold/script-executor";
import { type Agent, definePlugin } from "leasehold";
import { describe, expect, test } from "vitest";
import { agentIdOf } from "../../../plugins/docker-oken/src/script-agents.ts";
import { echo } from "./local-agents.ts";
import { invoke, type LocalApi, localApi } from "./local-api.ts";

let runs = 0;

const execute = ({ runner }: LocalApi, agent: Omit<Agent, "name">, parametersText = "{}", signal?: AbortSignal) => {
  const id = `run_${runs++}`;
  const run = { id, agent: { name: "some", ...agent }, session: { id, mode: "start" as const }, parametersText };
  return runner.execute(run, signal ? { signal } : {});
};

async function withScripts(scripts: Record<string, Record<string, string>>): Promise<LocalApi> {
  const api = await localApi({}, [commandExecutor(), scriptExecutor()]);
  for (const [name, files] of Object.entries(scripts)) {
    const folder = join(api.projectDir, "scripts", name);
    await mkdir(folder, { recursive: true });
    for (const [file, content] of Object.entries(files)) await writeFile(join(folder, file), content, { mode: 0o755 });
  }
  return api;
}

const MANIFEST = JSON.stringify({ name: "s", description: "d", script_file: "run.sh" });
const BOTH = {
  "script.json": MANIFEST,
  "run.sh": "#!/bin/sh\necho process\n",
  "oken.toml": 'name = "s"\n',
  "main.py": "",
};

describe("a run whose command names a deployed agent", () => {
  test("has its parameters for input and its output for result", async () => {
    const api = await localApi();
    await api.agents.add("vat", echo);
    expect(await execute(api, { command: "oken:vat" }, '{"price": 1.0}')).toMatchObject({
      status: "succeeded",
      result: { format: "json", text: '{"price": 1.0}' },
    });
  });

  test("fails with the API's code and words where the agent does", async () => {
    const api = await localApi();
    await api.agents.add("broken", (_request, response) => response.writeHead(500).end("oops"));
    expect(await execute(api, { command: "oken:broken" })).toMatchObject({
      status: "failed",
      error: { code: "INVOKE_FAILED", message: "Agent returned 500: oops" },
    });
    expect(await execute(api, { command: "oken:nobody" })).toMatchObject({ error: { code: "AGENT_NOT_FOUND" } });
  });

  test("fails when the answer is beyond its own limit, which the API's calls do not have", async () => {
    const tight = definePlugin({
      name: "tight",
      apiVersion: 1,
      setup: ({ hooks }) =>
        hooks.onLease.tap((run) => {
          run.limits.outputBytes = 10;
        }),
    });
    const api = await localApi({}, [tight()]);
    await api.agents.add("vat", echo);
    expect(await execute(api, { command: "oken:vat" }, '{"price": 1.0}')).toMatchObject({
      status: "failed",
      error: { code: "INVOKE_FAILED", message: "Agent answered with more than 10 bytes" },
    });
    expect((await invoke(api.url, "vat", { input: { price: 1 } })).status).toBe(200);
  });

  test("is ended in the agent when it is stopped", async () => {
    const api = await localApi();
    const entered = Promise.withResolvers<void>();
    const left = Promise.withResolvers<void>();
    await api.agents.add("slow", (request) => {
      request.socket.once("close", () => left.resolve());
      entered.resolve();
    });
    const stop = new AbortController();
    const run = execute(api, { command: "oken:slow" }, "{}", stop.signal);
    await entered.promise;
    stop.abort(new Error("enough"));
    expect((await run).status).toBe("stopped");
    await left.promise;
  });

  test("is ended in the agent when its time is up", async () => {
    const api = await localApi();
    const left = Promise.withResolvers<void>();
    await api.agents.add("slow", (request) => void once(request.socket, "close").then(() => left.resolve()));
    const outcome = await execute(api, { command: "oken:slow", timeoutSeconds: 2 });
    expect(outcome).toMatchObject({ status: "failed", error: { code: "RUN_TIMEOUT" } });
    await left.promise;
  });

  test("is nobody's when the id is none", async () => {
    const api = await localApi();
    const outcome = await execute(api, { command: "oken:../up" });
    expect(outcome).toMatchObject({
      status: "failed",
      error: { code: "ENTRYPOINT_UNRESOLVED", message: expect.stringContaining("alphanumeric") },
    });
  });
});

describe("a run whose script has an oken.toml", () => {
  test("is deployed once, on first use, for all runs at once", async () => {
    const api = await withScripts({ both: BOTH });
    const files: string[][] = [];
    api.agents.onDeploy = async (agentId, folder) => {
      files.push((await readdir(folder)).sort());
      await api.agents.add(agentId, echo);
      return { status: "running" };
    };
    const outcomes = await Promise.all([1, 2, 3].map((n) => execute(api, { script: "both" }, `{"n":${n}}`)));
    expect(outcomes.map(({ result }) => result?.text)).toEqual(['{"n":1}', '{"n":2}', '{"n":3}']);
    expect((await execute(api, { script: "both" })).status).toBe("succeeded");
    expect(api.agents.deployed.map(({ agentId }) => agentId)).toEqual(["script_both"]);
    expect(files).toEqual([["main.py", "oken.toml", "run.sh", "script.json"]]);
  });

  test("is deployed anew once it has changed", async () => {
    const api = await withScripts({ both: BOTH });
    const contents: string[] = [];
    api.agents.onDeploy = async (agentId, folder) => {
      contents.push(await readFile(join(folder, "main.py"), "utf8"));
      await api.agents.add(agentId, echo);
      return { status: "running" };
    };
    await execute(api, { script: "both" });
    await writeFile(join(api.projectDir, "scripts/both/main.py"), "# changed");
    await execute(api, { script: "both" });
    expect(contents).toEqual(["", "# changed"]);
  });

  test("fails when it cannot be deployed, and is tried again", async () => {
    const api = await withScripts({ both: BOTH });
    api.agents.onDeploy = async () => ({ status: "error", error: "ImportError" });
    expect(await execute(api, { script: "both" })).toMatchObject({
      status: "failed",
      error: { code: "CONTAINER_ERROR", message: expect.stringContaining("ImportError") },
    });
    api.agents.onDeploy = async (agentId) => {
      await api.agents.add(agentId, echo);
      return { status: "running" };
    };
    expect((await execute(api, { script: "both" })).status).toBe("succeeded");
  });

  test("leaves nothing of itself where it cannot be copied", async () => {
    const api = await withScripts({ s: BOTH });
    await promisify(execFile)("mkfifo", [join(api.projectDir, "scripts", "s", "pipe")]);
    expect(await execute(api, { script: "s" })).toMatchObject({ status: "failed" });
    expect(await readdir(join(api.dataDir, "incoming"))).toEqual([]);
  });

  test("is stopped while it is deployed, and the deployment goes on for others", async () => {
    const api = await withScripts({ both: BOTH });
    const begun = Promise.withResolvers<void>();
    const go = Promise.withResolvers<void>();
    api.agents.onDeploy = async (agentId) => {
      begun.resolve();
      await go.promise;
      await api.agents.add(agentId, echo);
      return { status: "running" };
    };
    const stop = new AbortController();
    const stopped = execute(api, { script: "both" }, "{}", stop.signal);
    await begun.promise;
    const other = execute(api, { script: "both" });
    stop.abort(new Error("enough"));
    expect((await stopped).status).toBe("stopped");
    go.resolve();
    expect((await other).status).toBe("succeeded");
    expect(api.agents.deployed).toHaveLength(1);
  });

  test("runs as a process where it has none", async () => {
    const { "oken.toml": _config, ...plain } = BOTH;
    const api = await withScripts({ plain });
    expect(await execute(api, { script: "plain" })).toMatchObject({
      status: "succeeded",
      result: { text: expect.stringContaining("process") },
    });
  });

  test("is the script executor's to refuse when there is no such script", async () => {
    const api = await withScripts({});
    expect(await execute(api, { script: "absent" })).toMatchObject({ error: { code: "SCRIPT_NOT_FOUND" } });
  });
});

test("agents of scripts have ids that no slug of the platform has", () => {
  expect(agentIdOf("weather")).toBe("script_weather");
  const odd = [agentIdOf("weather report"), agentIdOf("weather.report"), agentIdOf("x".repeat(200))];
  expect(new Set(odd).size).toBe(3);
  for (const id of odd) expect(id).toMatch(/^script_[A-Za-z0-9_-]{1,121}$/);
});
