import { defineProfile, type Plugin } from "leasehold";

/** The profile `test-procedural`: one agent whose output and exit code the caller chooses (protocol §6.3). */
export function testProcedural(): Plugin {
  return defineProfile({
    name: "test-procedural",
    description: "One agent whose output and exit code the caller chooses",
    directory: new URL("..", import.meta.url),
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
        description: "Writes what it is told and exits as it is told",
        command: "scripts/test/test",
        parametersSchema: {
          type: "object",
          properties: {
            stdout: { type: "string", description: "Line for standard output" },
            stderr: { type: "string", description: "Line for standard error" },
            "exit-code": { type: "integer", description: "Exit code; 0 when absent" },
            json: { type: "boolean", description: 'Wrap the output as JSON: {"output": …}' },
          },
          additionalProperties: false,
        },
      },
    ],
  });
}
