import type { Command } from "leasehold";
import { flags } from "./flags.ts";

/** `leasehold submit`: creates a run at the coordinator, follows it, and ends with its exit code. */
export const submitCommand: Command = {
  name: "submit",
  arguments: ["<agent>", "[parameters...]"],
  summary: "Send a run to the coordinator and follow it; words after the agent's name are its parameters",
  examples: [
    "submit echo --message hello",
    "submit --json --coordinator-url http://coordinator:8765 echo --message hello",
    "submit --no-wait --in /srv/jobs test --stdout ok",
    "submit echo --help",
  ],
  options: flags,
  async run(invocation) {
    const { submit } = await import("./submit.ts");
    return submit(invocation);
  },
};
