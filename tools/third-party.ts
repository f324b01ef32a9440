// What a third party does: packs a plugin that it wrote against the packages alone, installs it into an empty project, and runs it there.
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { command } from "./packages/command.ts";
import { packWorkspace } from "./packages/pack.ts";

const root = path.resolve(import.meta.dirname, "..");
const NEEDED = ["leasehold", "@leasehold/command-executor"];
const CONFIG = `import { commandExecutor } from "@leasehold/command-executor";
import { defineConfig, defineProfile } from "leasehold";
import { sqlExecutor } from "leasehold-sql-executor";

const reports = defineProfile({
  name: "reports",
  directory: new URL(".", import.meta.url),
  agents: [
    {
      name: "total",
      description: "Adds two numbers",
      command: "total.sql",
      parametersSchema: { type: "object", properties: { a: { type: "integer" }, b: { type: "integer" } }, required: ["a", "b"] },
    },
  ],
});

export default defineConfig({ plugins: [commandExecutor(), sqlExecutor(), reports] });
`;

const scratch = await mkdtemp(path.join(tmpdir(), "leasehold-third-party-"));
try {
  const tarballs = await packWorkspace(root, path.join(scratch, "packages"));
  const needed = NEEDED.map((name) => tarballs.get(name) ?? name);
  const plugin = await packExample(needed);
  const project = path.join(scratch, "project");
  await mkdir(project);
  await writeFile(path.join(project, "package.json"), '{ "name": "project", "private": true, "type": "module" }\n');
  await writeFile(path.join(project, "runner.config.ts"), CONFIG);
  await writeFile(path.join(project, "total.sql"), "SELECT :a + :b AS total;\n");
  await install(project, [...needed, plugin]);
  await typeCheck(project);
  // Its agents are no programs, which nobody may want of them.
  await command("npx", ["leasehold", "doctor"], { cwd: project });
  const told = await command("npx", ["leasehold", "run", "total", "--a", "40", "--b", "2"], { cwd: project });
  if (told.trim() !== '[{"total":42}]') throw new Error(`the run answered ${told}`);
  process.stdout.write(`${path.basename(plugin)} was installed beside ${needed.length} packages, and answered ${told}`);
} finally {
  await rm(scratch, { recursive: true, force: true });
}

/** Builds and packs the example with nothing but the packed packages, as its author would. */
async function packExample(needed: readonly string[]): Promise<string> {
  const example = path.join(scratch, "sql-executor");
  const isSource = (file: string) => !/\/(node_modules|dist)$/.test(file);
  await cp(path.join(root, "examples/sql-executor"), example, { recursive: true, filter: isSource });
  await install(example, needed);
  await command("npm", ["run", "build"], { cwd: example });
  const packed = await command("npm", ["pack", "--ignore-scripts", "--json"], { cwd: example });
  const [{ filename }] = Object.values(JSON.parse(packed)) as [{ filename: string }];
  return path.join(example, filename);
}

function install(cwd: string, packages: readonly string[]): Promise<string> {
  return command("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", "--save-dev", ...packages], { cwd });
}

async function typeCheck(project: string): Promise<void> {
  const options =
    "--noEmit --strict --module nodenext --target es2024 --lib es2024,esnext.disposable --types node --skipLibCheck false";
  const tsc = path.join(scratch, "sql-executor/node_modules/.bin/tsc");
  const typeRoots = path.join(scratch, "sql-executor/node_modules/@types");
  await command(tsc, [...options.split(" "), "--typeRoots", typeRoots, "runner.config.ts"], { cwd: project });
}
