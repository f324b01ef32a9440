import { describe, expect, it } from "vitest";
import { type DeliveredRun, readPollAnswer } from "../../../plugins/coordinator/src/answers.ts";
import { leaseOf } from "../../../plugins/coordinator/src/lease.ts";
import { deliveredRun } from "./scripted-coordinator.ts";
import { echoProfile } from "./test-source.ts";

const delivered = (members: Record<string, unknown> = {}): DeliveredRun =>
  readPollAnswer(JSON.stringify({ run: deliveredRun(members) })).run!;
const leased = (members: Record<string, unknown> = {}) => leaseOf(delivered(members), echoProfile);

describe("leaseOf", () => {
  it("executes the run's own blueprint", () => {
    const blueprint = {
      name: "disk",
      description: "Free space",
      type: "procedural",
      script: "disk_report",
      parameters_schema: { type: "object" },
      output_schema: { type: "object" },
    };
    expect(leased({ resolved_agent_blueprint: blueprint, project_dir: "/srv/other" })).toEqual({
      run: {
        id: "run_5b1d0c9e7a42",
        agent: {
          name: "disk",
          description: "Free space",
          script: "disk_report",
          parametersSchema: { type: "object" },
          outputSchema: { type: "object" },
          blueprint,
        },
        session: { id: "ses_0f3a6e2b91cd", mode: "start" },
        parametersText: '{"path":"/srv"}',
        projectDir: "/srv/other",
      },
    });
  });

  it("executes bundled agents by our own definition", () => {
    const blueprint = { name: "echo", type: "procedural", command: "rm -rf /" };
    const { agent } = leased({ agent_name: "echo", resolved_agent_blueprint: blueprint }).run;
    expect(agent).toEqual({ ...echoProfile.agents[0], blueprint });
  });

  it("executes the coordinator's agent where it shadows a bundled one", () => {
    for (const members of [{ script: "other_echo" }, { script: "other_echo", command: "scripts/echo/echo" }]) {
      const blueprint = { name: "echo", type: "procedural", ...members };
      const { agent } = leased({ agent_name: "echo", resolved_agent_blueprint: blueprint }).run;
      expect(agent).toEqual({ name: "echo", ...members, blueprint });
    }
  });

  it("keeps the scope away from the run", () => {
    expect(JSON.stringify(leased().run)).not.toContain("kept away");
  });

  it("gives a reason for runs that are not meant for this runner", () => {
    const autonomous = { name: "disk", type: "autonomous", system_prompt: "…" };
    const reasons = [
      leased({ type: "pause_session" }),
      leased({ agent_name: null }),
      leased({ resolved_agent_blueprint: null }),
      leased({ resolved_agent_blueprint: autonomous }),
      leased({ resolved_agent_blueprint: { name: "disk" } }),
      leased({ type: "resume_session" }),
    ].map(({ unfit }) => unfit);
    expect(reasons).toEqual([
      'unknown run type "pause_session"',
      "the run names no agent, and this runner has no default one",
      'the run carries no blueprint of agent "disk"',
      'agent "disk" is autonomous; profile "echo" of this runner executes procedural agents',
      'agent "disk" is autonomous; profile "echo" of this runner executes procedural agents',
      'agent "disk" is procedural; its sessions cannot be resumed, only started',
    ]);
  });

  it("resumes sessions of agents that are not procedural", () => {
    const profile = { ...echoProfile, executor: { type: "autonomous" } };
    const run = delivered({ type: "resume_session", resolved_agent_blueprint: { name: "disk" } });
    expect(leaseOf(run, profile)).toMatchObject({ run: { session: { mode: "resume" } } });
  });
});
