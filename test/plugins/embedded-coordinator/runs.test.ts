import { describe, expect, test } from "vitest";
import { type Client, ECHO_ID, ECHO_RUN, ECHO_RUNNER, POLL, started, type Texts } from "./client.ts";

const PROMPTED = { type: "start_session", parameters: { prompt: "go" } };

/** An agent of the coordinator's own whose script accepts any parameters. */
async function scriptAgent(client: Client, script: object = {}, agent: object = {}): Promise<void> {
  await client.post("/scripts", { name: "s", description: "d", script_file: "f", script_content: "", ...script });
  await client.post("/agents", { name: "a", description: "d", type: "procedural", script: "s", ...agent });
}

describe("parameters", () => {
  const PARAMETERS =
    '{"10":1.50,"2":1e-7,"x":-0.0, "n":12345678901234567890,"s":"\\u00e9","deep":{"z":1.0,"1":[1e16]}}';
  const BODY = `{"type":"start_session","agent_name":"a","scope":{"t":1.0},"parameters":${PARAMETERS}}`;

  test("keep their text, from the request to the poll", async () => {
    const coordinator = await started();
    await scriptAgent(coordinator);
    await coordinator.post("/runner/register", ECHO_RUNNER);
    await coordinator.get(POLL);
    expect((await coordinator.postText("/runs", BODY)).status).toBe(201);
    const delivered = await coordinator.text(POLL);
    expect(delivered).toContain(`"parameters":${PARAMETERS},`);
    expect(delivered).toContain('"scope":{"t":1.0}');
    const listed = await coordinator.text("/runs");
    expect(listed).toContain(`"parameters":${PARAMETERS},`);
    expect(listed).not.toContain("scope");
  });

  test("have their numbers rewritten with the reference's hazards", async () => {
    const coordinator = await started({ reference: true });
    await scriptAgent(coordinator);
    await coordinator.postText("/runs", BODY);
    expect(await coordinator.text("/runs")).toContain(
      '"parameters":{"10":1.5,"2":1e-07,"x":-0.0, "n":12345678901234567890,"s":"\\u00e9","deep":{"z":1.0,"1":[1e+16]}}',
    );
  });

  test.each([
    ["nested ten thousand deep", `{"a":${"[".repeat(10_000)}${"]".repeat(10_000)}}`],
    ["with a lone surrogate", '{"a":"\\ud800"}'],
    ["with an infinite number", '{"a":1e400}'],
    ["with awkward keys", '{"__proto__":{"a":1},"constructor":2,"":3,"a":4,"a":5}'],
    ["with a NUL", '{"a":"\\u0000"}'],
  ])("%s reach the runner as they are", async (_name, parameters) => {
    const coordinator = await started({ reference: true });
    await scriptAgent(coordinator);
    await coordinator.post("/runner/register", ECHO_RUNNER);
    await coordinator.get(POLL);
    const body = `{"type":"start_session","agent_name":"a","parameters":${parameters}}`;
    expect((await coordinator.postText("/runs", body)).status).toBe(201);
    expect(await coordinator.text(POLL)).toContain(`"parameters":${parameters},`);
  });

  test("that do not satisfy the agent's schema are refused, naming each fault", async () => {
    const coordinator = await started();
    await coordinator.post("/runner/register", ECHO_RUNNER);
    const answer = await coordinator.post("/runs", { ...ECHO_RUN, parameters: { message: 3, extra: true } });
    expect(answer.status).toBe(400);
    expect(answer.body).toEqual({
      detail: {
        error: "parameter_validation_failed",
        message: "Parameters do not satisfy the schema of agent 'echo'",
        agent_name: "echo",
        validation_errors: [
          {
            path: "$",
            message: "must NOT have additional properties: 'extra'",
            schema_path: "#/additionalProperties",
          },
          { path: "$/message", message: "must be string", schema_path: "#/properties/message/type" },
        ],
        parameters_schema: ECHO_RUNNER.agents[0]?.parameters_schema,
      },
    });
    expect((await coordinator.get("/runs")).body).toEqual({ runs: [] });
  });

  test.each([
    [{ type: "nonsense" }, "the schema itself is not usable"],
    [{ $async: true }, "unknown keyword $async"],
    [{ $ref: "http://127.0.0.1/other.json" }, "the schema itself is not usable"],
  ])("are refused when the schema is %j", async (parameters_schema, message) => {
    const coordinator = await started();
    await scriptAgent(coordinator, { parameters_schema });
    const answer = await coordinator.post("/runs", { type: "start_session", agent_name: "a", parameters: {} });
    expect(answer.status).toBe(400);
    expect(JSON.stringify(answer.body)).toContain(message);
  });

  test.each([undefined, "nobody"])("must be a prompt for the agent %s", async (agent_name) => {
    const coordinator = await started();
    expect((await coordinator.post("/runs", { ...PROMPTED, agent_name })).status).toBe(201);
    expect((await coordinator.post("/runs", { ...PROMPTED, agent_name, parameters: {} })).status).toBe(400);
  });

  test("follow the script's schema, not the agent's", async () => {
    const coordinator = await started();
    await scriptAgent(
      coordinator,
      { parameters_schema: { type: "object", required: ["path"] } },
      { parameters_schema: { type: "object", required: ["other"] } },
    );
    const run = { type: "start_session", agent_name: "a" };
    expect((await coordinator.post("/runs", { ...run, parameters: { path: "/" } })).status).toBe(201);
    expect((await coordinator.post("/runs", { ...run, parameters: { other: "/" } })).status).toBe(400);
  });
});

describe("a new run", () => {
  test("is refused with 422 when its body is wrong", async () => {
    const coordinator = await started();
    const answer = await coordinator.post("/runs", { type: "again", execution_mode: "sync" });
    expect(answer.status).toBe(422);
    expect(answer.body).toEqual({
      detail: [
        {
          type: "enum",
          loc: ["body", "type"],
          msg: "Input should be 'start_session' or 'resume_session'",
          input: "again",
          ctx: { expected: "'start_session' or 'resume_session'" },
        },
        {
          type: "missing",
          loc: ["body", "parameters"],
          msg: "Field required",
          input: { type: "again", execution_mode: "sync" },
        },
      ],
    });
  });

  test("that resumes needs a session that exists", async () => {
    const coordinator = await started();
    const resume = { ...PROMPTED, type: "resume_session" };
    expect(await coordinator.post("/runs", resume)).toMatchObject({
      status: 400,
      body: { detail: "session_id is required for resume_session" },
    });
    expect(await coordinator.post("/runs", { ...resume, session_id: "ses_1" })).toMatchObject({
      status: 404,
      body: { detail: "Session 'ses_1' not found" },
    });
  });

  test("cannot resume a procedural agent's session", async () => {
    const coordinator = await started();
    await coordinator.post("/runner/register", ECHO_RUNNER);
    const { session_id } = (await coordinator.post("/runs", ECHO_RUN)).body;
    const resume = { type: "resume_session", session_id, parameters: { prompt: "more" } };
    expect(await coordinator.post("/runs", resume)).toMatchObject({
      status: 400,
      body: { detail: { error: "procedural_agent_no_resume", agent_name: "echo" } },
    });
  });

  test("is refused when its agent's script is missing", async () => {
    const coordinator = await started();
    await scriptAgent(coordinator, {}, { script: "gone" });
    expect(await coordinator.post("/runs", { type: "start_session", agent_name: "a", parameters: {} })).toMatchObject({
      status: 400,
      body: { detail: { error: "script_not_found", agent_name: "a", script_name: "gone" } },
    });
  });

  test("takes the session id its client chose, once", async () => {
    const coordinator = await started();
    const run = { ...PROMPTED, session_id: "mine" };
    expect((await coordinator.post("/runs", run)).body).toMatchObject({ session_id: "mine", status: "pending" });
    expect(await coordinator.post("/runs", run)).toMatchObject({
      status: 409,
      body: { detail: "Session 'mine' already exists" },
    });
  });

  test("needs a parent that exists", async () => {
    const coordinator = await started();
    expect(await coordinator.post("/runs", { ...PROMPTED, parent_session_id: "p" })).toMatchObject({
      status: 404,
      body: { detail: "Parent session 'p' not found" },
    });
    expect((await coordinator.get("/sessions")).body).toEqual({ sessions: [] });
  });

  test("unites the demands of script, agent and request", async () => {
    const coordinator = await started();
    await scriptAgent(
      coordinator,
      { demands: { hostname: "h-script", tags: ["t-script"] } },
      { demands: { hostname: "h-agent", project_dir: "/agent", tags: ["t-agent"] } },
    );
    const additional_demands = { project_dir: "/request", executor_profile: "p", tags: ["t-request"] };
    const run = { type: "start_session", agent_name: "a", parameters: {}, additional_demands };
    const { run_id } = (await coordinator.post("/runs", run)).body;
    expect((await coordinator.get(`/runs/${run_id}`)).body["demands"]).toEqual({
      hostname: "h-script",
      project_dir: "/agent",
      executor_profile: "p",
      executor_type: "procedural",
      tags: ["t-script", "t-agent", "t-request"],
    });
  });

  test("with wrong demands leaves nothing behind", async () => {
    const coordinator = await started();
    expect((await coordinator.post("/runs", { ...PROMPTED, additional_demands: { tags: "a" } })).status).toBe(422);
    expect((await coordinator.get("/runs")).body).toEqual({ runs: [] });
  });

  test("goes to its agent's owner only", async () => {
    const coordinator = await started({ pollTimeoutSeconds: 0.02 });
    await coordinator.post("/runner/register", ECHO_RUNNER);
    const twin = { ...ECHO_RUNNER, hostname: "other", agents: null };
    const { runner_id } = (await coordinator.post("/runner/register", twin)).body;
    await coordinator.post("/runs", ECHO_RUN);
    expect((await coordinator.get(`/runner/runs?runner_id=${runner_id}`)).status).toBe(204);
    expect((await coordinator.get<{ run: Texts }>(POLL)).body.run).toMatchObject({ runner_id: ECHO_ID });
  });

  test("of its own agent passes by a runner that insists on tags", async () => {
    const coordinator = await started({ pollTimeoutSeconds: 0.02 });
    await coordinator.post("/runner/register", { ...ECHO_RUNNER, tags: ["a"], require_matching_tags: true });
    await coordinator.post("/runs", ECHO_RUN);
    expect((await coordinator.get(POLL)).status).toBe(204);
    await coordinator.post("/runs", { ...ECHO_RUN, additional_demands: { tags: ["a"] } });
    expect((await coordinator.get(POLL)).status).toBe(200);
  });
});

test("runs are listed in the order of their creation, or by status", async () => {
  const coordinator = await started();
  const first = (await coordinator.post("/runs", PROMPTED)).body["run_id"];
  const second = (await coordinator.post("/runs", PROMPTED)).body["run_id"];
  await coordinator.post(`/runs/${first}/stop`);
  type Runs = { runs: Texts[] };
  const ids = async (path: string) => (await coordinator.get<Runs>(path)).body.runs.map(({ run_id }) => run_id);
  expect(await ids("/runs")).toEqual([first, second]);
  expect(await ids("/runs?status=stopped")).toEqual([first]);
  expect(await ids("/runs?status=pending")).toEqual([second]);
  expect(await coordinator.get("/runs/run_0")).toMatchObject({ status: 404, body: { detail: "Run not found" } });
});

test("a blueprint has its placeholders filled in, but never from the environment", async () => {
  const coordinator = await started();
  const runner = { ...ECHO_RUNNER, executor_profile: "auto", executor: { type: "autonomous" }, agents: null };
  const { runner_id } = (await coordinator.post("/runner/register", runner)).body;
  const paths = ["params.prompt", "scope.user.name", "runtime.run_id", "runtime.session_id"];
  const kept = ["params.nothing", "params.toString", "env.PATH", "runner.id"].map((path) => `$\{${path}}`);
  const system_prompt = [...paths.map((path) => `$\{${path}}`), ...kept].join(" ");
  await coordinator.post("/agents", { name: "a", description: "d", system_prompt });
  const body = { ...PROMPTED, agent_name: "a", scope: { user: { name: "Ada" } } };
  const { run_id, session_id } = (await coordinator.post("/runs", body)).body;
  type Delivered = { run: { resolved_agent_blueprint: Texts } };
  const { run } = (await coordinator.get<Delivered>(`/runner/runs?runner_id=${runner_id}`)).body;
  expect(run.resolved_agent_blueprint).toMatchObject({
    system_prompt: ["go", "Ada", run_id, session_id, ...kept].join(" "),
  });
});
