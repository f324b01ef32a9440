import { fileURLToPath } from "node:url";
import { echo } from "@leasehold/profile-echo";
import type { PluginContext, Profile } from "leasehold";
import { describe, expect, it } from "vitest";

describe("profile echo", () => {
  it("is the reference's, word for word", async () => {
    const added: Profile[] = [];
    const profiles: Pick<PluginContext["profiles"], "add"> = { add: (profile) => void added.push(profile) };
    await echo().definition.setup?.({ profiles } as PluginContext, {});
    expect(added).toEqual([EXPECTED]);
  });
});

const EXPECTED = {
  name: "echo",
  description: expect.any(String),
  directory: fileURLToPath(new URL("../../../profiles/echo", import.meta.url)),
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
      parametersSchema: {
        type: "object",
        required: ["message"],
        properties: { message: { type: "string" } },
        additionalProperties: false,
      },
    },
  ],
};
