import { describe, expect, test } from "vitest";
import { ECHO_ID, ECHO_RUNNER, POLL, started } from "./client.ts";

const SCRIPT = { name: "s", description: "d", script_file: "run.sh", script_content: "#!/bin/sh\n" };
const AGENT = { name: "a", description: "d", type: "procedural", script: "s" };

describe("an agent", () => {
  test("of the coordinator's own hides a runner's", async () => {
    const coordinator = await started();
    await coordinator.post("/runner/register", ECHO_RUNNER);
    await coordinator.post("/scripts", SCRIPT);
    await coordinator.post("/agents", { ...AGENT, name: "echo" });
    expect((await coordinator.get("/agents/echo")).body).toMatchObject({ script: "s" });
    expect((await coordinator.get("/agents")).body).toHaveLength(1);
    await coordinator.remove("/agents/echo");
    expect((await coordinator.get("/agents/echo")).body).toMatchObject({ command: "scripts/echo/echo" });
  });

  test("of a runner names its owner in the list only", async () => {
    const coordinator = await started();
    await coordinator.post("/runner/register", ECHO_RUNNER);
    expect((await coordinator.get("/agents")).body).toMatchObject([{ name: "echo", runner_id: ECHO_ID }]);
    expect((await coordinator.get("/agents/echo")).body).not.toHaveProperty("runner_id");
  });

  test("of a runner cannot be changed or deleted", async () => {
    const coordinator = await started();
    await coordinator.post("/runner/register", ECHO_RUNNER);
    expect((await coordinator.patch("/agents/echo", { description: "x" })).status).toBe(404);
    expect((await coordinator.remove("/agents/echo")).status).toBe(404);
  });

  test("shows its script's schema unless it is asked for raw", async () => {
    const coordinator = await started();
    const schema = { type: "object", required: ["path"] };
    await coordinator.post("/scripts", { ...SCRIPT, parameters_schema: schema });
    await coordinator.post("/agents", AGENT);
    expect((await coordinator.get("/agents/a")).body).toMatchObject({ parameters_schema: schema });
    expect((await coordinator.get("/agents/a?raw=true")).body).not.toHaveProperty("parameters_schema");
  });

  test("without its script answers 422, and so does the list", async () => {
    const coordinator = await started();
    await coordinator.post("/agents", AGENT);
    const unresolved = { status: 422, body: { detail: "Agent 'a' references script 's', which does not exist" } };
    expect(await coordinator.get("/agents/a")).toMatchObject(unresolved);
    expect(await coordinator.get("/agents")).toMatchObject(unresolved);
  });

  test("is found by all the tags asked for", async () => {
    const coordinator = await started();
    for (const [name, tags] of [
      ["one", ["x"]],
      ["two", ["x", "y"]],
    ]) {
      await coordinator.post("/agents", { name, description: "d", tags });
    }
    expect((await coordinator.get("/agents?tags=x")).body).toMatchObject([{ name: "one" }, { name: "two" }]);
    expect((await coordinator.get("/agents?tags=y,x")).body).toMatchObject([{ name: "two" }]);
  });

  test("is changed in the parts a change names", async () => {
    const coordinator = await started();
    await coordinator.post("/scripts", SCRIPT);
    await coordinator.post("/agents", { ...AGENT, tags: ["x"], demands: { tags: ["posix"] } });
    const changed = await coordinator.patch("/agents/a", { description: "new", script: null });
    expect(changed.body).toMatchObject({
      description: "new",
      script: "s",
      tags: ["x"],
      demands: { tags: ["posix"] },
      status: "active",
      type: "procedural",
    });
  });

  test.each([
    [{ name: "" }, 422],
    [{ name: "-a" }, 422],
    [{ name: "a".repeat(61) }, 422],
    [{ type: "other" }, 422],
    [{ hooks: { on_run_start: {} } }, 422],
    [{ mcp_servers: { a: {} } }, 422],
    [{ capabilities: ["c"] }, 422],
    [{ demands: { tags: [1] } }, 422],
    [{ script: null }, 400],
  ])("with %j is refused", async (part, status) => {
    const coordinator = await started();
    expect((await coordinator.post("/agents", { ...AGENT, ...part })).status).toBe(status);
    expect((await coordinator.get("/agents")).body).toEqual([]);
  });

  test("cannot be created twice", async () => {
    const coordinator = await started();
    await coordinator.post("/agents", AGENT);
    expect(await coordinator.post("/agents", AGENT)).toMatchObject({
      status: 409,
      body: { detail: "Agent already exists: a" },
    });
  });
});

describe("a script", () => {
  test("is shown in the list without its content", async () => {
    const coordinator = await started();
    await coordinator.post("/scripts", { ...SCRIPT, demands: { tags: ["posix"] } });
    expect((await coordinator.get("/scripts")).body).toEqual([
      {
        name: "s",
        description: "d",
        script_file: "run.sh",
        has_parameters_schema: false,
        has_demands: true,
        demand_tags: ["posix"],
        created_at: expect.any(String),
        modified_at: expect.any(String),
      },
    ]);
  });

  test("answers 404 under an unknown name", async () => {
    const coordinator = await started();
    const missing = { status: 404, body: { detail: "Script not found: x" } };
    expect(await coordinator.get("/scripts/x")).toMatchObject(missing);
    expect(await coordinator.get("/scripts/x/download")).toMatchObject(missing);
    expect(await coordinator.remove("/scripts/x")).toMatchObject(missing);
    expect(await coordinator.patch("/scripts/x", {})).toMatchObject(missing);
  });

  test("that changes is synced again", async () => {
    const coordinator = await started();
    await coordinator.post("/scripts", SCRIPT);
    await coordinator.post("/runner/register", ECHO_RUNNER);
    await coordinator.get(POLL);
    const changed = await coordinator.patch("/scripts/s", { script_content: "new", description: null });
    expect(changed.body).toMatchObject({ script_content: "new", description: "d", script_file: "run.sh" });
    expect((await coordinator.get(POLL)).body).toEqual({ sync_scripts: ["s"], remove_scripts: [] });
  });

  test("has only the last word on it delivered", async () => {
    const coordinator = await started();
    await coordinator.post("/runner/register", ECHO_RUNNER);
    await coordinator.post("/scripts", SCRIPT);
    await coordinator.remove("/scripts/s");
    await coordinator.post("/scripts", { ...SCRIPT, name: "t" });
    expect((await coordinator.get(POLL)).body).toEqual({ sync_scripts: ["t"], remove_scripts: ["s"] });
  });

  test.each(["", "..", ".", "a/b", "/etc/passwd", "a\\b", "a\0b", "script.json"])(
    "whose file is called %j is refused",
    async (script_file) => {
      const coordinator = await started();
      const answer = await coordinator.post("/scripts", { ...SCRIPT, script_file });
      expect(answer).toMatchObject({ status: 422, body: { detail: [{ loc: ["body", "script_file"] }] } });
    },
  );

  test("cannot be created twice", async () => {
    const coordinator = await started();
    await coordinator.post("/scripts", SCRIPT);
    expect((await coordinator.post("/scripts", SCRIPT)).status).toBe(409);
  });
});
