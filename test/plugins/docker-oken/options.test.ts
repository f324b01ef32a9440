import { describe, expect, it } from "vitest";
import { readConfiguration } from "../../../core/src/config/configuration.ts";
import { resolveConfig } from "../../../core/src/config/resolve-config.ts";
import { dockerOken } from "../../../plugins/docker-oken/src/index.ts";
import { options } from "../../../plugins/docker-oken/src/options.ts";

describe("the options", () => {
  it.each([
    ["T20", "dataDir", "OKEN_DATA_DIR", "/tmp/oken", "/srv/oken", "/srv/oken"],
    ["T21", "network", "OKEN_DOCKER_NETWORK", "oken-agents", "mine", "mine"],
    ["T22", "warmTimeoutSeconds", "OKEN_DEFAULT_WARM_TIMEOUT", 300, "600", 600],
    ["T23", "cleanupIntervalSeconds", "OKEN_CLEANUP_INTERVAL", 30, "60", 60],
    ["T24", "containerPort", "OKEN_CONTAINER_PORT", 8080, "9000", 9000],
    ["T25", "healthCheckTimeoutSeconds", "OKEN_HEALTH_CHECK_TIMEOUT", 30, "5", 5],
    ["T26", "invokeTimeoutSeconds", "OKEN_INVOKE_TIMEOUT", 300, "7", 7],
    ["T27", "baseImagePrefix", "OKEN_BASE_IMAGE_PREFIX", "ghcr.io/astral-sh/uv", "hub.local/uv", "hub.local/uv"],
  ] as const)(
    "have the reference's default and variable (%s, T28 to T35, T38): %s",
    async (_, name, env, fallback, text, value) => {
      expect(options.parse({})).toHaveProperty(name, fallback);
      expect(options.shape[name].meta()).toHaveProperty("env", env);
      expect(await optionsWith({ [env]: text })).toMatchObject({ [name]: value });
    },
  );

  it("take several variables together (T36)", async () => {
    const resolved = await optionsWith({ OKEN_DATA_DIR: "/a", OKEN_PORT: "1", OKEN_READ_ONLY_ROOT: "false" });
    expect(resolved).toMatchObject({ dataDir: "/a", port: 1, readOnlyRoot: false, host: "127.0.0.1" });
  });

  it("can be given in code (T37)", () => {
    expect(options.parse({ dataDir: "/a", network: "n", warmTimeoutSeconds: -1 })).toMatchObject({
      dataDir: "/a",
      network: "n",
      warmTimeoutSeconds: -1,
    });
  });

  it("refuse what is no integer, naming the variable", async () => {
    await expect(optionsWith({ OKEN_CLEANUP_INTERVAL: "soon" })).rejects.toThrow("OKEN_CLEANUP_INTERVAL");
  });

  it.each([
    ["baseImage", "a\nRUN evil"],
    ["baseImage", "-x"],
    ["baseImagePrefix", "a b"],
    ["network", "a/b"],
  ])("refuse %s %j", (name, value) => {
    expect(options.safeParse({ [name]: value }).success).toBe(false);
  });
});

async function optionsWith(env: Record<string, string>): Promise<unknown> {
  const configuration = readConfiguration({ file: "/x/runner.config.ts", config: { plugins: [dockerOken()] } });
  const { plugins } = await resolveConfig(configuration, { env, cwd: "/x", flags: new Map() });
  return plugins[0]?.options;
}
