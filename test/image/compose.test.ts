import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readCompose, secondsOf } from "./compose.ts";

const FOLDER = join(import.meta.dirname, "../../examples/compose");
const AUTH = {
  AUTH0_DOMAIN: "tenant.auth0.com",
  AUTH0_AUDIENCE: "https://aof",
  AUTH0_RUNNER_CLIENT_ID: "id",
  AUTH0_RUNNER_CLIENT_SECRET: "secret",
};

describe("the examples for compose", () => {
  it.each(["development", "production", "shared-workspace", "authentication"])("%s is well formed", async (name) => {
    const { services, volumes } = await readCompose(join(FOLDER, `${name}.yml`), AUTH);
    const runner = services["runner-procedural"];
    expect(runner?.environment).toMatchObject({
      PROFILE: "echo",
      AGENT_ORCHESTRATOR_API_URL: expect.stringMatching(/^http/),
    });
    expect(runner?.hostname).toBe("runner-procedural");
    const named = Object.values(services).flatMap((one) => one.volumes.filter((volume) => /^\w/.test(volume)));
    expect(named.map((volume) => volume.split(":")[0])).toEqual(Object.keys(volumes));
  });

  it("authentication names the variable that is missing", async () => {
    const { AUTH0_DOMAIN: _, ...rest } = AUTH;
    await expect(readCompose(join(FOLDER, "authentication.yml"), rest)).rejects.toThrow("AUTH0_DOMAIN is missing");
  });

  it("production's end fits into its grace period", async () => {
    const { services } = await readCompose(join(FOLDER, "production.yml"), {});
    const { stop_grace_period = "0s", environment } = services["runner-procedural"]!;
    expect(Number(environment["LEASEHOLD_SHUTDOWN_SECONDS"])).toBeLessThan(secondsOf(stop_grace_period));
  });
});
