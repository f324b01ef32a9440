import { z } from "leasehold";

/** The coordinator plugin's options, named as the reference runner names them where it has them (protocol §3.1, §4.8). */
export const options = z
  .strictObject({
    url: z
      .url({ protocol: /^https?$/, error: "must be an http or https URL" })
      .overwrite(withoutTrailingSlash)
      .default("http://localhost:8765")
      .meta({
        env: "AGENT_ORCHESTRATOR_API_URL",
        flag: "-c, --coordinator-url <url>",
        description: "Where the coordinator listens; a user name and password in it are sent as basic credentials",
      }),
    tags: z.array(z.string()).overwrite(trimmedAndFilled).default([]).meta({
      env: "RUNNER_TAGS",
      flag: "-t, --tags <list>",
      unit: "comma separated",
      description: "Tags that runs may demand of this runner",
    }),
    requireMatchingTags: z.boolean().default(false).meta({
      env: "REQUIRE_MATCHING_TAGS",
      flag: "--require-matching-tags",
      description: "Take only runs that demand one of the tags. Excludes the profile's own agents, which demand none",
    }),
    concurrency: z.int().positive().default(16).meta({
      env: "LEASEHOLD_CONCURRENCY",
      flag: "--concurrency <runs>",
      unit: "runs",
      description: "How many runs of the coordinator may execute at once",
    }),
    pollTimeoutSeconds: z.number().positive().max(86_400).default(30).meta({
      env: "POLL_TIMEOUT",
      unit: "seconds",
      description: "A poll is late 5 s after this time or the coordinator's own, whichever is longer",
    }),
    heartbeatIntervalSeconds: z.number().positive().max(86_400).default(60).meta({
      env: "HEARTBEAT_INTERVAL",
      unit: "seconds",
      description: "Time from beat to beat, unless the coordinator asks for a shorter one",
    }),
    fenceAfterSeconds: z.number().positive().max(86_400).optional().meta({
      env: "LEASEHOLD_FENCE_AFTER_SECONDS",
      flag: "--fence-after-seconds <seconds>",
      unit: "seconds",
      description:
        "Stop running work when the coordinator has confirmed neither a beat nor a poll for so long. Default: never",
    }),
    hostname: z.string().min(1).optional().meta({
      description: "Host name to register under; part of the runner's identity. Default: this machine's",
    }),
    registrationAttempts: z.int().positive().optional().meta({
      env: "LEASEHOLD_REGISTRATION_ATTEMPTS",
      flag: "--registration-attempts <count>",
      description: "Give up after so many attempts to register. Default: no limit",
    }),
    mcpPort: z.int().min(0).max(65_535).optional().meta({
      env: "MCP_PORT",
      flag: "-m, --mcp-port <port>",
      description: "Accepted for compatibility, without effect: Leasehold embeds no MCP server",
    }),
    externalMcpUrl: z.url().optional().meta({
      env: "EXTERNAL_MCP_URL",
      flag: "-e, --external-mcp-url <url>",
      description: "Accepted for compatibility, without effect: Leasehold embeds no MCP server",
    }),
  })
  .refine(({ mcpPort, externalMcpUrl }) => !mcpPort || externalMcpUrl === undefined, {
    error: "cannot be given together with mcpPort; leave one of them out",
    path: ["externalMcpUrl"],
  });

export type CoordinatorOptions = z.output<typeof options>;

function withoutTrailingSlash(url: string): string {
  return url.trim().replace(/\/+$/, "");
}

function trimmedAndFilled(tags: string[]): string[] {
  return tags.map((tag) => tag.trim()).filter((tag) => tag !== "");
}
