// node image/build-app.ts APP: installs the plugins of PLUGINS into the directory APP, locked, with their configuration and SBOM.
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { npm, type Pack, readPacks, refuseTwins, type Wanted, wantedOf } from "./app-packages.ts";
import { readChoices } from "./choice.ts";
import { configText, type Factory } from "./config-text.ts";
import { findFactory } from "./find-factory.ts";
import { type Lock, seedOf } from "./lock-seed.ts";

const SUPPLIED_CONFIG = "supplied/runner.config.ts";

const app = resolve(process.argv[2] ?? "app");
const config = join(app, "runner.config.ts");
const { core, firstParty } = readPacks("packs");
const choices = readChoices(process.env["PLUGINS"] ?? "", [...firstParty.keys()]);
const wanted = choices.map((choice) => wantedOf(choice, firstParty));

refuseTwins(wanted);
install(core, wanted);
refuseUninvited(wanted, [...firstParty.values()]);
if (existsSync(SUPPLIED_CONFIG)) copyFileSync(SUPPLIED_CONFIG, config);
else writeFileSync(config, configText(await findFactories(wanted)));
writeFileSync(
  join(app, "sbom.cdx.json"),
  npm(app, ["sbom", "--sbom-format=cyclonedx", "--sbom-type=application"], true),
);
// What the runner would refuse at its start ends the build.
execFileSync(join(app, "node_modules/.bin/leasehold"), ["config", "--config", config], {
  cwd: "/tmp",
  stdio: ["ignore", "ignore", "inherit"],
});

function install({ file, version }: Pack, packages: readonly Wanted[]): void {
  const about = { name: "leasehold-image", version };
  const lock = JSON.parse(readFileSync("package-lock.json", "utf8")) as Lock;
  mkdirSync(app, { recursive: true });
  write("package.json", { ...about, private: true, type: "module" });
  write("package-lock.json", seedOf(lock, about));
  const specs = [file, ...packages.map(({ spec }) => spec)];
  try {
    npm(app, ["install", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--save-exact", ...specs]);
  } catch {
    throw new Error(
      "PLUGINS: npm cannot install them, as it says above; a plugin that another one needs is to be chosen as well",
    );
  }
}

/** npm brings along what is somebody's peer; a plugin that nobody configures would do nothing, and the one that needs it neither. */
function refuseUninvited(chosen: readonly Wanted[], plugins: readonly Pack[]): void {
  const names = chosen.map(({ packageName }) => packageName);
  const uninvited = plugins
    .map(({ packageName }) => packageName)
    .filter((name) => !names.includes(name) && existsSync(join(app, "node_modules", name)));
  if (uninvited.length > 0) throw new Error(`PLUGINS: what is chosen needs ${uninvited.join(" and ")} as well; add it`);
}

/** Packages are found from the directory that imports them. */
async function findFactories(packages: readonly Wanted[]): Promise<Factory[]> {
  const importer = join(app, "importer.mjs");
  writeFileSync(importer, "export const importHere = (name) => import(name);\n");
  const { importHere } = (await import(pathToFileURL(importer).href)) as {
    importHere: (name: string) => Promise<Record<string, unknown>>;
  };
  const factories: Factory[] = [];
  for (const { packageName } of packages) factories.push(findFactory(packageName, await importHere(packageName)));
  rmSync(importer);
  return factories;
}

function write(file: string, content: object): void {
  writeFileSync(join(app, file), `${JSON.stringify(content, null, 2)}\n`);
}
