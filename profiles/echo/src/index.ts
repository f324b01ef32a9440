import { defineProfile, type Plugin } from "leasehold";

/** The profile `echo`: one agent that returns its message (protocol §6.2, §8.1). */
export function echo(): Plugin {
  return defineProfile({
    name: "echo",
    description: "One agent that returns its message",
    directory: new URL("..", import.meta.url),
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
  });
}
