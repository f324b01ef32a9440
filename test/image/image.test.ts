import { chmod, chown, copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { command } from "../../tools/packages/command.ts";
import { describeWithEngine, engine } from "../plugins/docker-oken/engine.ts";
import { ask, createScript } from "./aof.ts";
import { containerOf, readCompose } from "./compose.ts";
import { execute, follow, logsOf, runOnce, start, testNetwork } from "./containers.ts";
import { built, EVERYTHING } from "./images.ts";
import { becomes, healthyRunner, startCoordinator, startRunner, temporaryDirectory, written } from "./place.ts";

const COMPOSE = join(import.meta.dirname, "../../examples/compose");
/** Number of the image's user. */
const AGENT = 1000;
const BUILD_MS = 300_000;
const TEST_MS = 60_000;
const LARGEST_SLIM_BYTES = 230_000_000;

describeWithEngine("the image with the command executor only", () => {
  let image = "";
  let size = 0;
  beforeAll(async () => {
    ({ image, size } = await built("commands", "command-executor", "slim"));
  }, BUILD_MS);

  it("holds no Docker client and no HTTP server", { timeout: TEST_MS }, async () => {
    const { output } = await runOnce({ Image: image, Entrypoint: ["cat", "/app/sbom.cdx.json"] });
    const { components } = JSON.parse(output) as { components: { name: string }[] };
    const names = components.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(["leasehold", "@leasehold/command-executor", "undici"]));
    expect(
      names.filter((name) => /docker|fastify|express|koa|hono|connect|find-my-way|busboy|vitest|typescript/.test(name)),
    ).toEqual([]);
    expect(names.filter((name) => name.startsWith("@leasehold/"))).toEqual([
      "@leasehold/command-executor",
      "@leasehold/coordinator",
      "@leasehold/profile-echo",
    ]);
    const modules = await runOnce({
      Image: image,
      Entrypoint: ["ls", "/app/node_modules", "/app/node_modules/@leasehold"],
    });
    expect(modules.output.split(/\s+/)).not.toEqual(expect.arrayContaining(["dockerode"]));
    expect(modules.output).not.toMatch(/dockerode|fastify|docker-oken|vitest/);
  });

  it("is small", () => {
    console.log(`the image with the command executor only: ${(size / 1e6).toFixed(0)} MB`);
    expect(size).toBeLessThan(LARGEST_SLIM_BYTES);
  });

  it("is what `npm run image` builds, and says how large", { timeout: BUILD_MS }, async () => {
    const order = "--plugins command-executor --variant slim --base local --quiet --tag leasehold-test/cli:one";
    const args = ["run", "--silent", "image", "--", ...order.split(" "), "--tag", "leasehold-test/cli:two"];
    const told = await command("npm", args, { cwd: join(import.meta.dirname, "../..") });
    expect(told).toBe(`leasehold-test/cli:one, leasehold-test/cli:two: ${(size / 1e6).toFixed(0)} MB\n`);
    const [one, two] = ["one", "two"].map((tag) => engine().docker.getImage(`leasehold-test/cli:${tag}`));
    expect((await one?.inspect())?.Id).toBe((await two?.inspect())?.Id);
    for (const made of [one, two]) await made?.remove();
  });

  it("has its defaults in the configuration, not in the environment", { timeout: TEST_MS }, async () => {
    const { Config } = await engine().docker.getImage(image).inspect();
    const names = Config.Env?.map((entry) => entry.split("=")[0]).toSorted();
    expect(names).toEqual(["HOME", "LEASEHOLD_CONFIG", "MALLOC_ARENA_MAX", "PATH"]);
    const { output } = await runOnce({ Image: image, Cmd: ["config"] });
    expect(output).toMatch(/core\.projectDir +"\/workspace" +runner\.config\.ts/);
    expect(output).toMatch(/coordinator\.url +"http:\/\/host\.docker\.internal:8765" +runner\.config\.ts/);
    expect(output).toMatch(/core\.profile +"echo" +runner\.config\.ts/);
  });

  it("takes a mounted configuration instead of its own", { timeout: TEST_MS }, async () => {
    const directory = await temporaryDirectory();
    const text = `import { coordinator } from "@leasehold/coordinator";
export default { plugins: [coordinator({ url: "http://elsewhere:1", tags: ["mounted"] })] };\n`;
    await writeFile(join(directory, "runner.config.ts"), text);
    await chmod(directory, 0o755);
    const Binds = [`${directory}/runner.config.ts:/app/runner.config.ts:ro`];
    const { output } = await runOnce({ Image: image, Cmd: ["config"], HostConfig: { Binds } });
    expect(output).toMatch(/coordinator\.url +"http:\/\/elsewhere:1" +runner\.config\.ts/);
    expect(output).toMatch(/core\.projectDir +"\/workspace" +default/);
  });

  it("takes no configuration that lies in the workspace", { timeout: TEST_MS }, async () => {
    const directory = await temporaryDirectory();
    await writeFile(join(directory, "runner.config.ts"), "throw new Error('planted');\n");
    await chmod(directory, 0o755);
    const HostConfig = { Binds: [`${directory}:/workspace`] };
    expect(await runOnce({ Image: image, Cmd: ["config"], HostConfig })).toMatchObject({ code: 0 });
  });
});

describeWithEngine("the image with everything", () => {
  let image = "";
  beforeAll(async () => {
    ({ image } = await built("everything", EVERYTHING, "default"));
  }, BUILD_MS);

  it("runs agents as nobody special on a read-only root", { timeout: TEST_MS }, async () => {
    const { network, url } = await startCoordinator(image);
    await createScript(
      url,
      "who",
      "who.sh",
      "#!/usr/bin/env bash\nid -un\ntouch /app/x /usr/x 2>/dev/null || echo read-only\n",
    );
    await createScript(url, "py", "py.py", "#!/usr/bin/env python3\nprint('{\"python\": 3}')\n");
    const uv =
      "#!/usr/bin/env -S uv run --script\n# /// script\n# requires-python = '>=3.11'\n# ///\nprint('{\"uv\": 1}')\n";
    await createScript(url, "uv", "uv.py", uv);
    const runner = await healthyRunner(image, network);
    expect(await execute(runner, "leasehold", "submit", "echo", "--message", "hello")).toMatchObject({
      code: 0,
      output: expect.stringContaining('"message":"hello"'.replace(":", ": ")),
    });
    expect((await execute(runner, "leasehold", "submit", "who")).output).toMatch(/agent\\nread-only/);
    expect((await execute(runner, "leasehold", "submit", "py")).output).toMatch(/"python": ?3/);
    expect((await execute(runner, "leasehold", "submit", "uv")).output).toMatch(/"uv": ?1/);
  });

  it("is healthy when it is registered, and not before", { timeout: TEST_MS }, async () => {
    const { network, url } = await startCoordinator(image);
    const early = await startRunner(image, network, { Env: ["AGENT_ORCHESTRATOR_API_URL=http://nobody:8765"] });
    await becomes(early, "unhealthy");
    await healthyRunner(image, network);
    expect(((await ask(`${url}/runners`)) as { runners: object[] }).runners).toHaveLength(1);
  });

  it("reports, deregisters and ends in order when it is stopped", { timeout: TEST_MS }, async () => {
    const { network, url } = await startCoordinator(image);
    await createScript(url, "long", "long.sh", "#!/usr/bin/env bash\necho begun\nexec sleep 600\n");
    const runner = await healthyRunner(image, network);
    const run = await follow(runner, "leasehold", "submit", "long");
    await run.until("running");
    await runner.stop({ t: 30 });
    const { State } = await runner.inspect();
    expect(State, await logsOf(runner)).toMatchObject({ ExitCode: 0, OOMKilled: false });
    expect(((await ask(`${url}/runners`)) as { runners: object[] }).runners).toEqual([]);
    const [, id] = /run (\w+),/.exec(run.output()) ?? [];
    expect(await ask(`${url}/runs/${id}`)).toMatchObject({ status: "stopped" });
  });

  it("reaps what orphans leave behind", { timeout: TEST_MS }, async () => {
    const { network } = await startCoordinator(image);
    const runner = await healthyRunner(image, network);
    const orphan =
      "pid=$(sh -c 'sleep 0.1 >/dev/null 2>&1 & echo $!'); while [ -e /proc/$pid ]; do :; done; echo reaped";
    const { code, output } = await execute(runner, "timeout", "10", "bash", "-c", orphan);
    expect({ code, output: output.trim() }).toEqual({ code: 0, output: "reaped" });
  });

  it("is a whole development in compose's example", { timeout: TEST_MS }, async () => {
    const folder = await temporaryDirectory();
    await mkdir(join(folder, "workspace"));
    await chown(join(folder, "workspace"), AGENT, AGENT);
    await copyFile(join(COMPOSE, "coordinator.config.ts"), join(folder, "coordinator.config.ts"));
    await chmod(folder, 0o755);
    const { services } = await readCompose(join(COMPOSE, "development.yml"), { LEASEHOLD_IMAGE: image });
    const network = await testNetwork();
    const up = (name: string) => start(containerOf(name, services[name]!, network, folder));
    await becomes(await up("coordinator"), "healthy");
    const runner = await up("runner-procedural");
    await written(runner, "registered at");
    const submitted = await execute(runner, "leasehold", "submit", "echo", "--message", "hello");
    expect(submitted).toMatchObject({ code: 0, output: expect.stringContaining('{"message": "hello"}') });
  });
});
