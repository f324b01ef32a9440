import { fileURLToPath } from "node:url";
import { testProcedural } from "@leasehold/profile-test-procedural";
import type { PluginContext, Profile } from "leasehold";
import { describe, expect, it } from "vitest";

describe("profile test-procedural", () => {
  it("is the reference's, word for word", async () => {
    const added: Profile[] = [];
    const profiles: Pick<PluginContext["profiles"], "add"> = { add: (profile) => void added.push(profile) };
    await testProcedural().definition.setup?.({ profiles } as PluginContext, {});
    expect(added).toEqual([EXPECTED]);
  });
});

const EXPECTED = {
  name: "test-procedural",
  description: expect.any(String),
  directory: fileURLToPath(new URL("../../../profiles/test-procedural", import.meta.url)),
  executor: {
    type: "procedural",
    command: "executors/procedural-executor/ao-procedural-exec",
    config: {},
    agents_dir: "executors/procedural-executor/scripts/test/agents",
    lifecycle: "one_shot",
  },
  agents: [
    {
      name: "test",
      description: expect.any(String),
      command: "scripts/test/test",
      parametersSchema: {
        type: "object",
        properties: {
          stdout: expect.objectContaining({ type: "string" }),
          stderr: expect.objectContaining({ type: "string" }),
          "exit-code": expect.objectContaining({ type: "integer" }),
          json: expect.objectContaining({ type: "boolean" }),
        },
        additionalProperties: false,
      },
    },
  ],
};
