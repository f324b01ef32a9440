import { createHash } from "node:crypto";
import type { Profile } from "leasehold";
import { describe, expect, it } from "vitest";
import { registrationPayload } from "../../../plugins/coordinator/src/registration-payload.ts";
import { echoProfile } from "./test-source.ts";

const plain = { tags: [], requireMatchingTags: false };

describe("registrationPayload", () => {
  it("is the reference runner's for profile echo", () => {
    const profile = { ...echoProfile, agents: [{ ...echoProfile.agents[0]!, description: "Returns its message" }] };
    expect(registrationPayload(plain, "build-07", "/srv/jobs", profile)).toEqual({
      hostname: "build-07",
      project_dir: "/srv/jobs",
      executor_profile: "echo",
      executor: {
        type: "procedural",
        command: "executors/procedural-executor/ao-procedural-exec",
        config: {},
        agents_dir: "executors/procedural-executor/scripts/echo/agents",
        lifecycle: "one_shot",
      },
      agents: [
        {
          name: "echo",
          description: "Returns its message",
          command: "scripts/echo/echo",
          parameters_schema: { type: "object", required: ["message"], properties: { message: { type: "string" } } },
        },
      ],
    });
  });

  it("derives the runner ids of the protocol's vectors", () => {
    const ids = [
      idOf("build-07", "/srv/jobs", echoProfile),
      idOf("build-07", "/srv/jobs", { ...echoProfile, name: "test-procedural" }),
      idOf("n1", "/w", { ...echoProfile, name: "p", executor: { type: "procedural" } }),
      idOf("n1", "/w", { ...echoProfile, name: "p", executor: { type: "procedural", command: null } }),
    ];
    expect(ids).toEqual(["lnch_a2fece2c2a7c", "lnch_a59c9235047a", "lnch_1e7a06f2344a", "lnch_305f2b02738c"]);
  });

  it("sends the project directory verbatim", () => {
    expect(registrationPayload(plain, "build-07", "/srv//jobs/../jobs/", echoProfile).project_dir).toBe(
      "/srv//jobs/../jobs/",
    );
  });

  it("sends tags and their demand only where there are any", () => {
    const tagged = { ...plain, tags: ["cli"], requireMatchingTags: true };
    expect(registrationPayload(tagged, "build-07", "/w", echoProfile)).toMatchObject({
      tags: ["cli"],
      require_matching_tags: true,
    });
    const bare = registrationPayload(plain, "build-07", "/w", { ...echoProfile, agents: [] });
    expect(Object.keys(bare)).toEqual(["hostname", "project_dir", "executor_profile", "executor"]);
  });

  it("gives every agent a description", () => {
    expect(registrationPayload(plain, "build-07", "/w", echoProfile)["agents"]).toMatchObject([
      { name: "echo", description: "Agent echo" },
    ]);
  });

  it("leaves out agents that have no command", () => {
    const profile = { ...echoProfile, agents: [{ name: "disk", script: "disk_report" }] };
    expect(registrationPayload(plain, "build-07", "/w", profile)).not.toHaveProperty("agents");
  });
});

/** The coordinator's own derivation (protocol §1.1), from what it receives. */
function idOf(hostname: string, projectDir: string, profile: Profile): string {
  const sent = JSON.parse(JSON.stringify(registrationPayload(plain, hostname, projectDir, profile)));
  const command = "command" in sent.executor ? (sent.executor.command ?? "None") : "";
  const key = [sent.hostname, sent.project_dir, sent.executor_profile, command].join(":");
  return `lnch_${createHash("sha256").update(key).digest("hex").slice(0, 12)}`;
}
