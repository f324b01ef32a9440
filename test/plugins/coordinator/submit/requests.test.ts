import { startEmbeddedCoordinator } from "@leasehold/embedded-coordinator";
import { describe, expect, it, onTestFinished } from "vitest";
import { fetchAgent, parametersFor } from "../../../../plugins/coordinator/src/submit/agent.ts";
import { createRun } from "../../../../plugins/coordinator/src/submit/create-run.ts";
import { ScriptedCoordinator } from "../scripted-coordinator.ts";
import { clientOf } from "./submission.ts";

const NEVER = new AbortController().signal;
const SCHEMA = { type: "object", properties: { count: { type: "integer" } }, required: ["count"] };

describe("fetchAgent", () => {
  it("knows the agent's schema and types its parameters by it", async () => {
    const { client } = await withAgents();
    const agent = await fetchAgent(client, "counting", NEVER);
    expect(agent).toEqual({ name: "counting", description: "Counts", parametersSchema: SCHEMA });
    expect(parametersFor(agent, ["--count", "12345678901234567890"])).toBe('{"count":12345678901234567890}');
  });

  it("asks for a prompt where an autonomous agent says nothing else", async () => {
    const { client } = await withAgents();
    const agent = await fetchAgent(client, "writer", NEVER);
    expect(parametersFor(agent, ["--prompt", "hello"])).toBe('{"prompt":"hello"}');
    expect(() => parametersFor(agent, ["--message", "hello"])).toThrow("there is no parameter --message");
  });

  it("reports everything that is wrong with parameters", async () => {
    const { client } = await withAgents();
    const agent = await fetchAgent(client, "counting", NEVER);
    const parse = () => parametersFor(agent, ["--count", "one", "--cuont", "2"]);
    expect(parse).toThrow('--count: "one" is not an integer');
    expect(parse).toThrow('there is no parameter --cuont (did you mean "--count"?)');
    expect(parse).toThrow(expect.objectContaining({ exitCode: 2 }));
  });

  it("lists the agents, and the nearest, when there is none of that name", async () => {
    const { client } = await withAgents();
    await expect(fetchAgent(client, "countin", NEVER)).rejects.toMatchObject({
      message: expect.stringContaining(`knows no agent "countin" (did you mean "counting"?)`),
      fix: "Agents there: counting, writer.",
      exitCode: 2,
    });
  });

  it("says what to do where there are no agents at all", async () => {
    const coordinator = await startEmbeddedCoordinator({ port: 0 });
    onTestFinished(() => coordinator.close());
    await expect(fetchAgent(clientOf(coordinator.url), "any", NEVER)).rejects.toMatchObject({
      fix: expect.stringContaining("It has no agents: start a runner"),
    });
  });

  it("says that nobody answers, and how to mend it", async () => {
    const coordinator = await startEmbeddedCoordinator({ port: 0 });
    await coordinator.close();
    await expect(fetchAgent(clientOf(coordinator.url), "any", NEVER)).rejects.toMatchObject({
      message: expect.stringContaining("cannot be reached"),
      fix: expect.stringContaining("--coordinator-url"),
      exitCode: 1,
    });
  });

  it("says that credentials are missing", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    coordinator.always("GET /agents/any", { status: 401, json: { detail: "Missing credentials." } });
    await expect(fetchAgent(clientOf(coordinator.url), "any", NEVER)).rejects.toMatchObject({
      message: expect.stringContaining("401: Missing credentials."),
      fix: expect.stringContaining("credentials"),
    });
  });
});

describe("createRun", () => {
  it("sends parameters as they are written, and the directory", async () => {
    const { client, coordinator } = await withAgents();
    const request = { agentName: "counting", parametersText: '{"count": 1e2}', projectDir: "/srv", sessionId: "ses_x" };
    const run = await createRun(client, request);
    expect(run).toEqual({ runId: expect.stringMatching(/^run_/), sessionId: "ses_x" });
    const text = await (await fetch(`${coordinator.url}/runs/${run.runId}`)).text();
    expect(text).toContain('{"count": 1e2}');
    expect(JSON.parse(text)).toMatchObject({ project_dir: "/srv" });
  });

  it("puts the coordinator's own refusal of parameters into words", async () => {
    const { client } = await withAgents();
    await expect(createRun(client, { agentName: "counting", parametersText: '{"count":"x"}' })).rejects.toMatchObject({
      message: expect.stringMatching(/refused the parameters of agent "counting":\n {2}- --count: /),
      fix: "leasehold submit counting --help tells what it takes.",
      exitCode: 2,
    });
  });

  it("repeats any other refusal", async () => {
    const { client } = await withAgents();
    const request = { agentName: "counting", parametersText: '{"count":1}', sessionId: "ses_x" };
    await createRun(client, request);
    await expect(createRun(client, request)).rejects.toThrow(
      "did not create the run (409: Session 'ses_x' already exists)",
    );
  });

  it("warns that a request may have arrived although its answer was lost", async () => {
    await using coordinator = await ScriptedCoordinator.start();
    coordinator.always("POST /runs", { drop: true });
    await expect(createRun(clientOf(coordinator.url), { agentName: "a", parametersText: "{}" })).rejects.toMatchObject({
      fix: expect.stringContaining("may have taken the request"),
    });
  });
});

async function withAgents() {
  const coordinator = await startEmbeddedCoordinator({ port: 0 });
  onTestFinished(() => coordinator.close());
  const headers = { "content-type": "application/json" };
  const post = (path: string, body: object) =>
    fetch(coordinator.url + path, { method: "POST", headers, body: JSON.stringify(body) });
  await post("/agents", { name: "counting", description: "Counts", parameters_schema: SCHEMA });
  await post("/agents", { name: "writer", description: "Writes" });
  return { coordinator, client: clientOf(coordinator.url) };
}
