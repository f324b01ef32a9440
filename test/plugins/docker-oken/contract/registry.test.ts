import { expect, test } from "vitest";
import { describeWithEngine, engine } from "../engine.ts";
import { engineDoor } from "../engine-door.ts";
import { ask, invoke } from "../local-api.ts";
import { deploy, type OkenRunner, okenPlace, okenRunner, python } from "../oken-api.ts";

/** On a machine that is busy. */
const SOON = { timeout: 20_000 };

const ECHO = python("def handler(input):\n    return input\n");
const named = (name: string, main = "def handler(input):\n    return input\n") => python(main, `name = "${name}"\n`);

const agentsOf = async ({ url }: OkenRunner) => (await ask(`${url}/agents`)).body.agents;
const healthOf = async ({ url }: OkenRunner) => (await ask(`${url}/health`)).body;

describeWithEngine("the registry, as the routes show it", { timeout: 120_000 }, () => {
  test("is empty before anything is deployed (T11, T56, T114, T131, T132)", async () => {
    const api = await okenRunner(await okenPlace());
    expect((await ask(`${api.url}/agents`)).text).toBe('{"agents":[]}');
    expect((await ask(`${api.url}/health`)).text).toBe('{"status":"ok","agents_running":0}');
  });

  test("has each agent with its id and name, called or not (T1, T4, T12, T101, T102, T133)", async () => {
    const api = await okenRunner(await okenPlace());
    await deploy(api.url, "one", named("First"));
    await deploy(api.url, "two", named("Second"));
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?\+00:00$/);
    const [one, two] = [
      { agent_id: "one", name: "First", status: "running", created_at: time, last_invoked: null },
      { agent_id: "two", name: "Second", status: "running", created_at: time, last_invoked: null },
    ];
    expect(await agentsOf(api)).toEqual([one, two]);
    await invoke(api.url, "two", { input: {} });
    expect(await agentsOf(api)).toEqual([one, { ...two, last_invoked: time }]);
  });

  test("has the new name of an agent that is deployed again (T2)", async () => {
    const api = await okenRunner(await okenPlace());
    await deploy(api.url, "one", named("Old"));
    await invoke(api.url, "one", { input: {} });
    await deploy(api.url, "one", named("New"));
    expect(await agentsOf(api)).toMatchObject([
      { agent_id: "one", name: "New", status: "running", last_invoked: null },
    ]);
  });

  test("has an error until the agent is mended (T6, T7, T8, T103, T104, T105, T147)", async () => {
    const api = await okenRunner(await okenPlace());
    expect((await deploy(api.url, "one", named("Broken", "import nothing_of_that_name\n"))).body).toEqual({
      agent_id: "one",
      status: "error",
      endpoint: null,
      error: expect.stringMatching(/ready/),
    });
    expect(await agentsOf(api)).toMatchObject([{ agent_id: "one", status: "error" }]);
    expect(await healthOf(api)).toEqual({ status: "ok", agents_running: 0 });
    const endpoint = "/invoke/one";
    expect((await deploy(api.url, "one", ECHO)).body).toEqual({
      agent_id: "one",
      status: "running",
      endpoint,
      error: null,
    });
    expect(await agentsOf(api)).toMatchObject([{ agent_id: "one", status: "running" }]);
    expect((await invoke(api.url, "one", { input: { n: 1 } })).body.output).toEqual({ n: 1 });
  });

  test("does not know others, and is none the worse for being asked (T3, T5, T10, T82, T134, T151)", async () => {
    const api = await okenRunner(await okenPlace());
    const unknown = { status: 404, body: { error: "Agent nobody not found", code: "AGENT_NOT_FOUND" } };
    expect(await invoke(api.url, "nobody", { input: {} })).toMatchObject(unknown);
    expect(await ask(`${api.url}/stop/nobody`, { method: "POST" })).toMatchObject(unknown);
    expect(await ask(`${api.url}/logs/nobody`)).toMatchObject(unknown);
    expect(await agentsOf(api)).toEqual([]);
  });

  test("forgets an agent that is stopped, and only that (T9, T49, T112, T152)", async () => {
    const api = await okenRunner(await okenPlace());
    for (const id of ["one", "two"])
      expect((await deploy(api.url, id, ECHO)).body).toMatchObject({ status: "running", error: null });
    expect((await ask(`${api.url}/stop/one`, { method: "POST" })).text).toBe('{"agent_id":"one","status":"stopped"}');
    expect(await agentsOf(api)).toMatchObject([{ agent_id: "two" }]);
    expect((await ask(`${api.url}/stop/one`, { method: "POST" })).status).toBe(404);
    expect(await invoke(api.url, "two", { input: {} })).toMatchObject({ status: 200 });
  });

  test("counts those that run, not one that is built, which cannot be called (T13, T83, T113, T130, T135, T136)", async () => {
    const place = await okenPlace();
    const api = await okenRunner(place);
    await deploy(api.url, "one", ECHO);
    await deploy(api.url, "two", ECHO);
    // It sleeps before it serves, and until then its deployment has not ended.
    const slow = deploy(api.url, "three", python("import time\ntime.sleep(600)\n")).catch(() => "stopped");
    await expect.poll(() => agentsOf(api), SOON).toMatchObject([{}, {}, { agent_id: "three", status: "building" }]);
    expect(await healthOf(api)).toEqual({ status: "ok", agents_running: 2 });
    expect(await invoke(api.url, "three", { input: {} })).toMatchObject({
      status: 400,
      body: { code: "AGENT_NOT_RUNNING", error: expect.stringMatching(/three.*building/) },
    });
    expect((await ask(`${api.url}/stop/three`, { method: "POST" })).status).toBe(200);
    await slow;
  });

  test("has ten agents that are deployed at once (T14)", async () => {
    const api = await okenRunner(await okenPlace(), { healthCheckTimeoutSeconds: 120 });
    const ids = Array.from({ length: 10 }, (_, n) => `agent-${n}`);
    const answers = await Promise.all(ids.map((id) => deploy(api.url, id, ECHO)));
    expect(answers.map(({ body }) => body.status)).toEqual(ids.map(() => "running"));
    const found = (await agentsOf(api)).map((agent: { agent_id: string }) => agent.agent_id);
    expect(found.sort()).toEqual(ids);
  });

  test("has one agent, and when it was called, after ten calls at once (T15)", async () => {
    const api = await okenRunner(await okenPlace());
    await deploy(api.url, "one", ECHO);
    const calls = Array.from({ length: 10 }, (_, n) => invoke(api.url, "one", { input: { n } }));
    expect((await Promise.all(calls)).map(({ body }) => body.output.n)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(await agentsOf(api)).toMatchObject([{ agent_id: "one", last_invoked: expect.any(String) }]);
  });

  test("begins without the containers of nobody, as far as they can be removed (T55, T57)", async () => {
    const place = await okenPlace();
    const { docker, baseImage } = engine();
    const stray = (id: string) =>
      docker.createContainer({
        name: `oken-${id}-${place.instance}`,
        Image: baseImage,
        Cmd: ["true"],
        Labels: { "oken.agent_id": id, "oken.instance": place.instance },
      });
    const strays = [await stray("lost"), await stray("forgotten"), await stray("last")];
    const there = () =>
      Promise.all(
        strays.map((one) =>
          one.inspect().then(
            () => true,
            () => false,
          ),
        ),
      );
    const [, kept] = strays;
    const dockerHost = await engineDoor((method, path) => method === "DELETE" && path.includes(kept?.id ?? ""));
    const api = await okenRunner(place, { dockerHost });
    await expect.poll(there, SOON).toEqual([false, true, false]);
    expect(await agentsOf(api)).toEqual([]);
    expect(JSON.stringify(api.log)).toContain(`oken-forgotten-${place.instance} could not be removed`);
  });
});
