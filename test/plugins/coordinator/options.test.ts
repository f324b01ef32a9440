import { describe, expect, it } from "vitest";
import { options } from "../../../plugins/coordinator/src/options.ts";

describe("coordinator options", () => {
  it("have the reference runner's defaults", () => {
    expect(options.parse({})).toEqual({
      url: "http://localhost:8765",
      tags: [],
      requireMatchingTags: false,
      concurrency: 16,
      pollTimeoutSeconds: 30,
      heartbeatIntervalSeconds: 60,
    });
  });

  it("strip slashes at the end of the URL", () => {
    expect(options.parse({ url: "https://aof.example/base//" }).url).toBe("https://aof.example/base");
    expect(options.parse({ url: "http://10.0.0.7:8765/" }).url).toBe("http://10.0.0.7:8765");
  });

  it("take http and https URLs only", () => {
    for (const url of ["ftp://host", "localhost:8765", "", "unix:/run/sock", "host"])
      expect(options.safeParse({ url }).success, url).toBe(false);
  });

  it("trim tags and drop empty ones", () => {
    expect(options.parse({ tags: [" cli", "", "posix ", "  "] }).tags).toEqual(["cli", "posix"]);
  });

  it("refuse both MCP options together", () => {
    const both = { mcpPort: 9_000, externalMcpUrl: "http://mcp.example/mcp" };
    expect(options.safeParse(both).error?.issues[0]?.path).toEqual(["externalMcpUrl"]);
    expect(options.safeParse({ ...both, mcpPort: 0 }).success).toBe(true);
  });

  it("refuse unknown members and impossible numbers", () => {
    for (const bad of [{ pollTimeout: 3 }, { concurrency: 0 }, { concurrency: 1.5 }, { pollTimeoutSeconds: 0 }])
      expect(options.safeParse(bad).success, JSON.stringify(bad)).toBe(false);
  });

  it("name their environment variables and flags", () => {
    const told = Object.entries(options.shape).map(([name, schema]) => [name, schema.meta()?.env, schema.meta()?.flag]);
    expect(told).toContainEqual(["url", "AGENT_ORCHESTRATOR_API_URL", "-c, --coordinator-url <url>"]);
    expect(told).toContainEqual(["tags", "RUNNER_TAGS", "-t, --tags <list>"]);
    expect(told).toContainEqual(["requireMatchingTags", "REQUIRE_MATCHING_TAGS", "--require-matching-tags"]);
    expect(told).toContainEqual(["mcpPort", "MCP_PORT", "-m, --mcp-port <port>"]);
    expect(told).toContainEqual(["externalMcpUrl", "EXTERNAL_MCP_URL", "-e, --external-mcp-url <url>"]);
  });
});
