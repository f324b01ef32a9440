import { definePlugin } from "leasehold";
import { checks } from "./checks.ts";
import { okenCommand } from "./cli/oken-command.ts";
import { offerAgents } from "./offer-agents.ts";
import { options } from "./options.ts";
import { RunningAgents } from "./running-agents.ts";

export type { OkenApi } from "./offer-agents.ts";
export type { OkenOptions } from "./options.ts";

/** Python agents in Docker containers, behind the Oken runner API and for runs of any other source. */
export const dockerOken = definePlugin({
  name: "docker-oken",
  apiVersion: 1,
  uses: ["script-executor"],
  manifest: {
    docker: true,
    network: ["the option `dockerHost`", "listens on the options `host` and `port`", "agents in their own network"],
    secrets: ["key.pem in `dockerCertPath`"],
    fileRoots: ["the option `dataDir`", "the option `dockerCertPath`"],
  },
  options,
  commands: [okenCommand],
  checks,
  setup(context, options) {
    const running = new RunningAgents({ ...context, options });
    const endDeployments = offerAgents(context, () => running.open(), options);
    return async () => {
      endDeployments();
      await running.close();
    };
  },
});
