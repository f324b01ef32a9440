import { join } from "node:path";
import type { Canaries } from "./canaries.ts";

const CONFIG = join(import.meta.dirname, "../fixtures/security/runner.config.ts");

/** The environment through which every secret gets into a command line. */
export function environmentOf(canaries: Canaries, { coordinator, issuer, directory }: Around): Record<string, string> {
  const inUrl = (place: Parameters<Canaries["secret"]>[0]) => encodeURIComponent(canaries.secret(place));
  return {
    PATH: process.env["PATH"] ?? "",
    LEASEHOLD_CONFIG: CONFIG,
    LEASEHOLD_REDACT_RESULTS: "true",
    PROJECT_DIR: directory,
    AGENT_ORCHESTRATOR_API_URL: coordinator.replace("//", `//runner:${inUrl("the coordinator's password")}@`),
    ISSUER: issuer,
    AUTH0_RUNNER_CLIENT_SECRET: canaries.secret("auth0's client secret"),
    GOSSIP_SECRET: canaries.secret("an option's variable"),
    STRAY_TOKEN: canaries.secret("a stray variable, by its name"),
    HTTPS_PROXY: `http://me:${inUrl("a proxy's password")}@proxy.test`,
    GRANTED: canaries.secret("a variable granted to an agent"),
    CONFIGURED: canaries.secret("an option in the configuration"),
    NESTED: canaries.secret("a member of an option, by its name"),
  };
}

interface Around {
  readonly coordinator: string;
  readonly issuer: string;
  readonly directory: string;
}

/** Every command that prints, with what goes wrong under it. */
export const CALLS: readonly { readonly args: readonly string[]; readonly env?: Record<string, string> }[] = [
  { args: ["config"] },
  { args: ["config", "--json", "--verbose"] },
  { args: ["plugins", "--json"] },
  { args: ["profiles", "--json"] },
  { args: ["doctor"] },
  { args: ["doctor", "--json", "--verbose"] },
  { args: ["run", "--verbose", "gossip", "--act", "succeed"] },
  { args: ["run", "--verbose", "gossip", "--act", "fail"] },
  { args: ["run", "gossip", "--act", "throw"] },
  { args: ["run", "--verbose", "gossip", "--act", "refuse"] },
  { args: ["run", "printenv"] },
  { args: ["gossip", "--verbose"] },
  { args: ["start", "--verbose"] },
  { args: ["journal", "ls"] },
  { args: ["journal", "show", "run_whispered", "--json"] },
  { args: ["submit", "--verbose", "gossip"] },
  { args: ["plugins", "--verbose"], env: { MISHAP: "setup" } },
  { args: ["plugins"], env: { MISHAP: "teardown" } },
  { args: ["config", "--verbose"], env: { MISHAP: "configuration" } },
  { args: ["doctor", "--json"], env: { MISHAP: "configuration" } },
  { args: ["config", "--concurrency", "none"], env: {} },
  { args: ["config", "--no-such-flag"] },
];
