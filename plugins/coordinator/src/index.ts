import { Credentials, definePlugin, isLoopback, type Logger } from "leasehold";
import { clock } from "./checks/clock.ts";
import { identity } from "./checks/identity.ts";
import { reachable } from "./checks/reachable.ts";
import { scriptsInStep } from "./checks/scripts-in-step.ts";
import { type CoordinatorOptions, options } from "./options.ts";
import { ScriptsToken } from "./scripts-token.ts";
import { CoordinatorSource } from "./source.ts";
import { submitCommand } from "./submit/command.ts";
import { protocolTiming } from "./timing.ts";

/** Leases runs from an AOF coordinator and reports what became of them. */
export const coordinator = definePlugin({
  name: "coordinator",
  apiVersion: 1,
  uses: ["script-executor"],
  manifest: { network: ["the option `url`"], secrets: ["a user name and password in `url`"] },
  options,
  commands: [submitCommand],
  checks: [reachable, clock, identity, scriptsInStep],
  setup({ hooks, services, sources, profiles, secrets, log, runner }, options) {
    warnOfMcp(options, log);
    warnOfPlainHttp(options, log);
    const source = new CoordinatorSource({
      options,
      projectDir: runner.projectDir,
      activeProfile: () => profiles.active(),
      credentials: () => services.find(Credentials),
      scripts: () => services.find(ScriptsToken),
      log,
      secrets,
      timing: protocolTiming,
    });
    sources.add(source);
    hooks.onLease.tap((run) => source.admit(run));
    hooks.onHeartbeat.tap(() => source.heartbeat.beat(), {
      everySeconds: () => source.heartbeat.everySeconds(),
    });
    return () => source.client.close();
  },
});

function warnOfPlainHttp({ url }: CoordinatorOptions, log: Logger): void {
  const { protocol, username, password, origin, hostname } = new URL(url);
  if (protocol === "http:" && username + password !== "" && !isLoopback(hostname))
    log.warn({ origin }, `the password for ${origin} goes over plain http, where others can read it; use https`);
}

function warnOfMcp({ mcpPort, externalMcpUrl }: CoordinatorOptions, log: Logger): void {
  if (mcpPort || externalMcpUrl !== undefined)
    log.warn("mcpPort and externalMcpUrl have no effect: Leasehold embeds no MCP server");
}
