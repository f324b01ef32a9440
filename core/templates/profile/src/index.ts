import { defineProfile, type Plugin } from "leasehold";

/** What a runner with this profile offers. */
export function samplePlugin(): Plugin {
  return defineProfile({
    name: "sample-plugin",
    description: "One agent that greets",
    // Relative commands start here.
    directory: new URL("..", import.meta.url),
    agents: [
      {
        name: "hello",
        description: "Greets somebody; parameters follow the command as --name value",
        command: "agents/hello",
        parametersSchema: {
          type: "object",
          properties: { name: { type: "string" } },
          additionalProperties: false,
        },
      },
    ],
  });
}
