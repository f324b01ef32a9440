import { definePlugin } from "leasehold";
import { okenCommand } from "./cli/oken-command.ts";
import { options } from "./options.ts";

/** Python agents in Docker containers, behind the Oken runner API. */
export const dockerOken = definePlugin({
  name: "docker-oken",
  apiVersion: 1,
  uses: ["script-executor"],
  options,
  commands: [okenCommand],
});
