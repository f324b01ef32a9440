import { chmod, chown, mkdir } from "node:fs/promises";
import { join } from "node:path";
import type Docker from "dockerode";
import { beforeAll, expect, it, onTestFinished } from "vitest";
import { describeWithEngine, engine } from "../plugins/docker-oken/engine.ts";
import { ask } from "./aof.ts";
import { containerOf, readCompose, type Service, secondsOf, volumeOf } from "./compose.ts";
import { execute, logsOf, runOnce, start } from "./containers.ts";
import { built, EVERYTHING } from "./images.ts";
import { startCoordinator, temporaryDirectory, written } from "./place.ts";

const COMPOSE = join(import.meta.dirname, "../../examples/compose");
/** Number of the image's user. */
const AGENT = 1000;
const BUILD_MS = 300_000;
const TEST_MS = 60_000;
const AUTH = {
  AUTH0_DOMAIN: "tenant.auth0.com",
  AUTH0_AUDIENCE: "https://aof",
  AUTH0_RUNNER_CLIENT_ID: "id-of-the-runner",
  AUTH0_RUNNER_CLIENT_SECRET: "secret-of-the-runner",
};
/** The founding document's variables: the option that each sets, its default, another value as text and as the option has it. */
const VARIABLES = [
  ["AGENT_ORCHESTRATOR_API_URL", "coordinator.url", '"http://host.docker.internal:8765"', "http://a:1", '"http://a:1"'],
  ["PROJECT_DIR", "core.projectDir", '"/workspace"', "/tmp", '"/tmp"'],
  ["PROFILE", "core.profile", '"echo"', "test-procedural", '"test-procedural"'],
  ["RUNNER_TAGS", "coordinator.tags", "[]", "procedural,cli", '["procedural","cli"]'],
  ["POLL_TIMEOUT", "coordinator.pollTimeoutSeconds", "30", "20", "20"],
  ["HEARTBEAT_INTERVAL", "coordinator.heartbeatIntervalSeconds", "60", "50", "50"],
  ["VERBOSE", "core.verbose", "false", "true", "true"],
  ["AUTH0_DOMAIN", "auth0-m2m.domain", "(not set)", AUTH.AUTH0_DOMAIN, `"${AUTH.AUTH0_DOMAIN}"`],
  ["AUTH0_AUDIENCE", "auth0-m2m.audience", "(not set)", AUTH.AUTH0_AUDIENCE, `"${AUTH.AUTH0_AUDIENCE}"`],
  ["AUTH0_RUNNER_CLIENT_ID", "auth0-m2m.clientId", "(not set)", "id-of-the-runner", '"id-of-the-runner"'],
  ["AUTH0_RUNNER_CLIENT_SECRET", "auth0-m2m.clientSecret", "(not set)", AUTH.AUTH0_RUNNER_CLIENT_SECRET, "********"],
] as const;

describeWithEngine("the founding document, with the image", () => {
  let image = "";
  beforeAll(async () => {
    ({ image } = await built("everything", EVERYTHING, "default"));
  }, BUILD_MS);

  const configOf = async (options: Docker.ContainerCreateOptions) => {
    const { code, output } = await runOnce({ ...options, Image: image, Cmd: ["config"] });
    const values = new Map(
      [...output.matchAll(/^([\w.-]+) +(\S.*?) {2,}\S.*$/gm)].map(([, name, value]) => [name, value]),
    );
    return { code, output, values };
  };

  it("has its variables, with its defaults", { timeout: TEST_MS }, async () => {
    const unset = await configOf({});
    const set = await configOf({ Env: VARIABLES.map(([variable, , , text]) => `${variable}=${text}`) });
    for (const [variable, option, initial, , value] of VARIABLES) {
      expect(unset.values.get(option), variable).toBe(initial);
      expect(set.values.get(option), variable).toBe(value);
    }
    expect(set.output).not.toContain(AUTH.AUTH0_RUNNER_CLIENT_SECRET);
  });

  it.each(["development", "production", "shared-workspace", "authentication"])(
    "takes the environment of compose's example %s",
    { timeout: TEST_MS },
    async (name) => {
      const { environment } = await runnerOf(name, {});
      const { code, output, values } = await configOf({
        Env: Object.entries(environment).map(([key, value]) => `${key}=${value}`),
      });
      expect(code, output).toBe(0);
      expect(values.get("core.profile")).toBe('"echo"');
      expect(values.get("coordinator.url")).toBe(JSON.stringify(environment["AGENT_ORCHESTRATOR_API_URL"]));
    },
  );

  it("is in production as compose's example says, one container after another", { timeout: TEST_MS }, async () => {
    const workspace = await temporaryDirectory();
    await chmod(workspace, 0o755);
    await mkdir(join(workspace, "files"));
    await chown(join(workspace, "files"), AGENT, AGENT);
    const { network, url } = await startCoordinator(image);
    const runner = await runnerOf("production", {
      LEASEHOLD_IMAGE: image,
      LEASEHOLD_WORKSPACE: join(workspace, "files"),
      AGENT_ORCHESTRATOR_API_URL: "http://coordinator:8765",
    });
    onTestFinished(() => engine().docker.getVolume(volumeOf(network, "state")).remove());
    const runnerIds: unknown[] = [];
    for (const message of ["first", "second"]) {
      const container = await start(containerOf("runner-procedural", runner, network, workspace));
      await written(container, "registered at");
      const submitted = await execute(container, "leasehold", "submit", "echo", "--message", message);
      expect(submitted).toMatchObject({ code: 0, output: expect.stringContaining(`{"message": "${message}"}`) });
      const { runners } = (await ask(`${url}/runners`)) as { runners: { runner_id: string; tags: string[] }[] };
      expect(runners).toMatchObject([{ tags: ["production", "procedural"] }]);
      runnerIds.push(runners[0]?.runner_id);
      await container.stop({ t: secondsOf(runner.stop_grace_period ?? "10s") });
      const { State } = await container.inspect();
      expect(State, await logsOf(container)).toMatchObject({ ExitCode: 0, OOMKilled: false });
    }
    expect(runnerIds[1]).toBe(runnerIds[0]);
  });
});

async function runnerOf(name: string, env: Readonly<Record<string, string>>): Promise<Service> {
  const { services } = await readCompose(join(COMPOSE, `${name}.yml`), { ...AUTH, ...env });
  return services["runner-procedural"]!;
}
