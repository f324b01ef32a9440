import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { describeWithEngine } from "../plugins/docker-oken/engine.ts";
import { execute, runOnce } from "./containers.ts";
import { built } from "./images.ts";
import { type NpmRegistry, serveRegistry } from "./npm-registry.ts";
import { healthyRunner, startCoordinator } from "./place.ts";
import { packReports, packSqlExecutor, packWorkspacePackage } from "./third-party-packages.ts";

const BUILD_MS = 300_000;
const TEST_MS = 60_000;

describeWithEngine("an image of npm specs and local tarballs", () => {
  let folder = "";
  let npmrc = "";
  let registry: NpmRegistry | undefined;
  let image = "";
  let sqlExecutor = "";

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "leasehold-third-parties-"));
    const published = [await packWorkspacePackage("plugins/command-executor", folder), ...(await packReports(folder))];
    registry = await serveRegistry(published);
    npmrc = join(folder, "npmrc");
    await writeFile(npmrc, `@acme:registry=${registry.origin}\n@leasehold:registry=${registry.origin}\n`);
    sqlExecutor = await packSqlExecutor(folder);
    const plugins = [
      "@leasehold/command-executor@0.1.0",
      sqlExecutor,
      "@acme/leasehold-profile-reports@^1.0.0",
      "embedded-coordinator",
    ];
    ({ image } = await built("third-parties", plugins.join(","), "slim", { npmrc }));
  }, BUILD_MS);

  afterAll(async () => {
    await registry?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const read = async (file: string) => (await runOnce({ Image: image, Entrypoint: ["cat", `/app/${file}`] })).output;

  it("has what was chosen, in its order, and nothing else", { timeout: TEST_MS }, async () => {
    const { components } = JSON.parse(await read("sbom.cdx.json")) as {
      components: { group?: string; name: string; version: string }[];
    };
    const ours = components.filter(({ name }) => /^(@leasehold\/|@acme\/|leasehold)/.test(name));
    expect(ours.map(({ name, version }) => `${name} ${version}`).toSorted()).toEqual([
      "@acme/leasehold-profile-reports 1.2.0",
      "@acme/words 1.2.0",
      "@leasehold/command-executor 0.1.0",
      "@leasehold/coordinator 0.1.0",
      "@leasehold/embedded-coordinator 0.1.0",
      "@leasehold/profile-echo 0.1.0",
      "leasehold 0.1.0",
      "leasehold-sql-executor 0.1.0",
    ]);
    expect(components.filter(({ name }) => /dockerode|typescript|vitest|@types\/|oidc/.test(name))).toEqual([]);
    expect((await read("runner.config.ts")).match(/^ {4}\w+\(/gm)).toEqual([
      "    coordinator(",
      "    commandExecutor(",
      "    plugin_leasehold_sql_executor(",
      "    plugin__acme_leasehold_profile_reports(",
      "    embeddedCoordinator(",
      "    echo(",
    ]);
  });

  it("is locked, and knows nothing of where packages came from", { timeout: TEST_MS }, async () => {
    const lock = await read("package-lock.json");
    expect(registry?.requests).toContain("/@acme/words");
    expect(lock).not.toContain(new URL(registry?.origin ?? "").host);
    const { packages } = JSON.parse(lock) as { packages: Record<string, { version?: string; integrity?: string }> };
    expect(packages["node_modules/@acme/words"]).toMatchObject({
      version: "1.2.0",
      integrity: expect.stringMatching(/^sha512-/),
    });
  });

  it("runs commands and the third party's agents, on a read-only root", { timeout: TEST_MS }, async () => {
    const { network } = await startCoordinator(image);
    const echoes = await healthyRunner(image, network);
    expect(await execute(echoes, "leasehold", "submit", "echo", "--message", "hello")).toMatchObject({
      code: 0,
      output: expect.stringContaining('{"message": "hello"}'),
    });
    expect((await execute(echoes, "id", "-un")).output.trim()).toBe("agent");
    const reports = await healthyRunner(image, network, ["PROFILE=reports"]);
    expect(await execute(reports, "leasehold", "submit", "total", "--a", "40", "--b", "2")).toMatchObject({
      code: 0,
      output: expect.stringContaining('[{"total":42}]'),
    });
  });

  it("is not built with what the registry does not have", { timeout: BUILD_MS }, async () => {
    await expect(built("absent", "@acme/absent@1.0.0", "slim", { npmrc })).rejects.toThrow(
      /@acme\/absent.*npm cannot install them/s,
    );
  });

  it("is not built without the plugin that a chosen one needs", { timeout: BUILD_MS }, async () => {
    await expect(built("needy", sqlExecutor, "slim", { npmrc })).rejects.toThrow(
      "what is chosen needs @leasehold/command-executor as well",
    );
  });

  it("is not built with one package twice", { timeout: BUILD_MS }, async () => {
    const twice = "command-executor,@leasehold/command-executor@0.1.0";
    await expect(built("twice", twice, "slim", { npmrc })).rejects.toThrow(
      "@leasehold/command-executor is chosen twice",
    );
  });
});
