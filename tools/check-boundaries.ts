// Says which imports cross a border that the architecture draws. Exits with 1 when one does.
import { globSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

interface Import {
  readonly specifier: string;
  readonly typeOnly: boolean;
}

interface Package {
  readonly directory: string;
  readonly name: string;
  /** Packages named in `dependsOn` and `uses` of its plugin, as package names. */
  readonly neighbours: readonly string[];
  readonly references: readonly string[];
}

const IMPORT = /^\s*(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?["']([^"']+)["']/gm;
const DYNAMIC = /\bimport\(\s*["']([^"']+)["']\s*\)/g;

/** Every crossing below `root`, one sentence each. */
export function findCrossings(root: string): string[] {
  const packages = findPackages(root);
  return packages.flatMap((one) => [...crossingsOf(one, packages, root), ...missingReferences(one, packages, root)]);
}

function findPackages(root: string): Package[] {
  return globSync(["core", "plugins/*", "profiles/*"], { cwd: root }).map((directory) => {
    const read = (file: string) => readFileSync(join(root, directory, file), "utf8");
    const { name } = JSON.parse(read("package.json")) as { name: string };
    const { references = [] } = JSON.parse(read("tsconfig.json")) as { references?: { path: string }[] };
    const resolved = references.map(({ path }) => relative(root, resolve(root, directory, path)));
    return { directory, name, neighbours: neighboursIn(read("src/index.ts")), references: resolved };
  });
}

/** `dependsOn: ["a"]` and `uses: ["b"]` of the plugin that a package's index defines. */
function neighboursIn(source: string): string[] {
  return [...source.matchAll(/\b(?:dependsOn|uses):\s*\[([^\]]*)\]/g)].flatMap(([, list = ""]) =>
    [...list.matchAll(/["']([^"']+)["']/g)].map(([, plugin]) => `@leasehold/${plugin}`),
  );
}

function crossingsOf(one: Package, packages: readonly Package[], root: string): string[] {
  return sourcesOf(one, root).flatMap((file) =>
    importsOf(readFileSync(join(root, file), "utf8")).flatMap((imported) => {
      const problem = judge(one, imported, packages, join(root, file), root);
      return problem ? [`${file} imports "${imported.specifier}": ${problem}`] : [];
    }),
  );
}

function judge(
  one: Package,
  { specifier, typeOnly }: Import,
  packages: readonly Package[],
  file: string,
  root: string,
) {
  if (specifier.startsWith(".")) {
    const inside = join(root, one.directory, "src");
    return resolve(dirname(file), specifier).startsWith(`${inside}/`) ? undefined : `it leaves ${one.directory}/src`;
  }
  const other = packages.find(({ name }) => specifier === name || specifier.startsWith(`${name}/`));
  if (!other) return undefined;
  if (one.name === "leasehold") return "the core imports no workspace package";
  if (other.name === "leasehold") return specifier === "leasehold" ? undefined : "only the core's index is public";
  if (!one.neighbours.includes(other.name)) return `${other.name} is neither in dependsOn nor in uses`;
  return typeOnly ? undefined : "a neighbour is imported with `import type` only";
}

/** TypeScript builds without a project reference, but from a stale or missing neighbour. */
function missingReferences(one: Package, packages: readonly Package[], root: string): string[] {
  const imported = new Set(
    sourcesOf(one, root).flatMap((file) =>
      importsOf(readFileSync(join(root, file), "utf8")).map(({ specifier }) => specifier),
    ),
  );
  return packages
    .filter((other) => other !== one && imported.has(other.name) && !one.references.includes(other.directory))
    .map((other) => `${one.directory}/tsconfig.json lacks a reference to ${other.directory}`);
}

function sourcesOf(one: Package, root: string): string[] {
  return globSync(`${one.directory}/src/**/*.ts`, { cwd: root });
}

function importsOf(source: string): Import[] {
  const named = [...source.matchAll(IMPORT)].map(([, type, specifier = ""]) => ({
    specifier,
    typeOnly: type !== undefined,
  }));
  const dynamic = [...source.matchAll(DYNAMIC)].map(([, specifier = ""]) => ({ specifier, typeOnly: false }));
  return [...named, ...dynamic];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const crossings = findCrossings(resolve(import.meta.dirname, ".."));
  for (const crossing of crossings) console.error(crossing);
  process.exitCode = crossings.length > 0 ? 1 : 0;
}
