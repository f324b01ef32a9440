import { describe, expect, it } from "vitest";
import { started } from "./client.ts";

const agent = { name: "echo", description: "Echo", command: "echo" };
const runner = (hostname: string) => ({
  hostname,
  project_dir: "/srv",
  executor_profile: "one",
  executor: { type: "procedural" },
  agents: [agent],
});
const START = { type: "start_session", agent_name: "echo", parameters: {} };

describe("replaceRunner", () => {
  it("lets a runner take over agents and waiting runs of another", async () => {
    const coordinator = await started();
    const old = await coordinator.post("/runner/register", runner("old"));
    const waiting = await coordinator.post("/runs", START);
    coordinator.replaceRunner(old.body["runner_id"]!, "new");
    const heir = await coordinator.post("/runner/register", runner("new"));
    expect(heir.status).toBe(200);
    const poll = await coordinator.get<{ run: { run_id: string } }>(`/runner/runs?runner_id=${heir.body["runner_id"]}`);
    expect(poll.body.run.run_id).toBe(waiting.body["run_id"]);
    const { body } = await coordinator.get<{ name: string; runner_id: string }[]>("/agents");
    expect(body.map(({ runner_id }) => runner_id)).toEqual([heir.body["runner_id"]]);
  });

  it("gives the replaced runner its stops, but no more runs", async () => {
    const coordinator = await started({ pollTimeoutSeconds: 0.05 });
    await coordinator.post("/agents", { name: "writer", description: "Anybody's" });
    const write = { type: "start_session", agent_name: "writer", parameters: { prompt: "hello" } };
    const old = await coordinator.post("/runner/register", { ...runner("old"), executor: { type: "autonomous" } });
    const path = `/runner/runs?runner_id=${old.body["runner_id"]}`;
    const first = await coordinator.post("/runs", write);
    expect((await coordinator.get<object>(path)).body).toHaveProperty("run");
    coordinator.replaceRunner(old.body["runner_id"]!, "new");
    await coordinator.post("/runner/register", { ...runner("new"), executor: { type: "autonomous" } });
    await coordinator.post("/runs", write);
    await coordinator.post(`/sessions/${first.body["session_id"]}/stop`);
    expect((await coordinator.get<object>(path)).body).toEqual({ stop_sessions: [first.body["session_id"]] });
    expect((await coordinator.get(path)).status).toBe(204);
  });

  it("changes nothing when it is taken back", async () => {
    const coordinator = await started();
    const old = await coordinator.post("/runner/register", runner("old"));
    coordinator.replaceRunner(old.body["runner_id"]!, "new")();
    expect((await coordinator.post("/runner/register", runner("new"))).status).toBe(409);
    await coordinator.post("/runs", START);
    const poll = await coordinator.get<object>(`/runner/runs?runner_id=${old.body["runner_id"]}`);
    expect(poll.body).toHaveProperty("run");
  });
});
