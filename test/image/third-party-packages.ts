import { cp, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { command } from "../../tools/packages/command.ts";

const ROOT = join(import.meta.dirname, "../..");
const EXAMPLE = join(ROOT, "examples/sql-executor");

const PROFILE = `import { defineProfile } from "leasehold";
import { describe } from "@acme/words";

const integers = { type: "object", properties: { a: { type: "integer" }, b: { type: "integer" } }, required: ["a", "b"] };

export const reports = () =>
  defineProfile({
    name: "reports",
    directory: new URL(".", import.meta.url),
    executor: { type: "procedural" },
    agents: [{ name: "total", description: describe("total"), command: "total.sql", parametersSchema: integers }],
  });
`;

/** The third party's executor of this repository, compiled and packed as its author would; answers the tarball's path. */
export async function packSqlExecutor(folder: string): Promise<string> {
  const copy = join(folder, "sql-executor");
  const isSource = (file: string) => !/\/(node_modules|dist)$/.test(file);
  await cp(EXAMPLE, copy, { recursive: true, filter: isSource });
  await command("npx", ["tsc", "-p", "tsconfig.build.json", "--outDir", join(copy, "dist")], { cwd: EXAMPLE });
  return pack(copy, folder);
}

/** A third party's profile, whose agent the SQL executor runs, and what it depends on; answers the tarballs' paths. */
export async function packReports(folder: string): Promise<string[]> {
  const words = await writePackage(folder, "words", {
    "package.json": manifest("@acme/words", {}),
    "index.js": "export const describe = (name) => 'Computes the '.concat(name);\n",
  });
  const reports = await writePackage(folder, "reports", {
    "package.json": manifest("@acme/leasehold-profile-reports", {
      dependencies: { "@acme/words": "^1.0.0" },
      peerDependencies: { leasehold: "^0.1.0" },
    }),
    "index.js": PROFILE,
    "total.sql": "SELECT :a + :b AS total;\n",
  });
  return [await pack(words, folder), await pack(reports, folder)];
}

/** A package of the workspace, built already; answers the tarball's path. */
export function packWorkspacePackage(directory: string, folder: string): Promise<string> {
  return pack(join(ROOT, directory), folder);
}

async function pack(directory: string, folder: string): Promise<string> {
  const told = await command("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", folder], {
    cwd: directory,
  });
  const [{ filename }] = Object.values(JSON.parse(told)) as [{ filename: string }];
  return join(folder, filename);
}

async function writePackage(folder: string, name: string, files: Readonly<Record<string, string>>): Promise<string> {
  const directory = join(folder, name);
  await mkdir(directory);
  for (const [file, content] of Object.entries(files)) await writeFile(join(directory, file), content);
  return directory;
}

function manifest(name: string, more: object): string {
  return JSON.stringify({ name, version: "1.2.0", license: "MIT", type: "module", exports: "./index.js", ...more });
}
