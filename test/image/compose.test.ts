import { chown, copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { describeWithEngine } from "../plugins/docker-oken/engine.ts";
import { containerOf, readCompose, secondsOf } from "./compose.ts";
import { execute, start, testNetwork } from "./containers.ts";
import { built } from "./images.ts";
import { becomes, temporaryDirectory } from "./place.ts";

const FOLDER = join(import.meta.dirname, "../../examples/compose");
const AUTH = {
  AUTH0_DOMAIN: "tenant.auth0.com",
  AUTH0_AUDIENCE: "https://aof",
  AUTH0_RUNNER_CLIENT_ID: "id",
  AUTH0_RUNNER_CLIENT_SECRET: "secret",
};
const PLUGINS = "auth0-m2m,command-executor,script-executor,test-procedural,embedded-coordinator";
const AGENT = 1000;

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

describeWithEngine("compose's services", () => {
  it("of development run an agent that is submitted", { timeout: 300_000 }, async () => {
    const { image } = await built("development", PLUGINS, "default");
    const folder = await temporaryDirectory();
    await mkdir(join(folder, "workspace"));
    await chown(join(folder, "workspace"), AGENT, AGENT);
    await copyFile(join(FOLDER, "coordinator.config.ts"), join(folder, "coordinator.config.ts"));
    const { services } = await readCompose(join(FOLDER, "development.yml"), { LEASEHOLD_IMAGE: image });
    const network = await testNetwork();
    const order = Object.entries(services).toSorted(([, a], [, b]) => Number(!!a.depends_on) - Number(!!b.depends_on));
    const [coordinator, runner] = order.map(
      ([name, service]) =>
        () =>
          start(containerOf(name, service, network, folder)),
    );
    await becomes(await coordinator!(), "healthy");
    const running = await runner!();
    const submitted = await execute(running, "leasehold", "submit", "echo", "--message", "hello");
    expect(submitted).toMatchObject({ code: 0, output: expect.stringContaining('{"message": "hello"}') });
  });
});
