// node image/split-manifests.ts TARGET: what `npm ci` needs to compile the packages, and nothing that changes with the sources.
import { copyFileSync, globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";

interface Manifest {
  devDependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

const target = process.argv[2];
if (!target) throw new Error("usage: node image/split-manifests.ts TARGET");

const files = ["core/package.json", "{plugins,profiles}/*/package.json", "image/*.sh", "supplied/{ca.crt,npmrc}"];
for (const file of [".npmrc", ...globSync(files)]) place(file);

const manifest = readJson<Manifest>("package.json");
const lock = readJson<{ packages: { "": Manifest } }>("package-lock.json");
write("package.json", toCompile(manifest));
write("package-lock.json", { ...lock, packages: { ...lock.packages, "": toCompile(lock.packages[""]) } });

/** Without the tools of tests and checks, and without a second Node. */
function toCompile({ optionalDependencies: _, ...rest }: Manifest): Manifest {
  const kept = Object.entries(rest.devDependencies ?? {}).filter(([name]) => /^(typescript$|@types\/)/.test(name));
  return { ...rest, devDependencies: Object.fromEntries(kept) };
}

function place(file: string): void {
  mkdirSync(dirname(join(target!, file)), { recursive: true });
  copyFileSync(file, join(target!, file));
}

function write(file: string, content: unknown): void {
  writeFileSync(join(target!, file), `${JSON.stringify(content, null, 2)}\n`);
}

function readJson<T>(file: string): T {
  return JSON.parse(readFileSync(file, "utf8")) as T;
}
