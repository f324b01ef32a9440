import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readModel } from "./read-model.ts";
import { apiPage } from "./render-page.ts";

interface PackageFile {
  readonly name: string;
  readonly exports: Readonly<Record<string, { readonly types: string }>>;
}

/** What `docs/api` is made of: for each package's page the function that renders it. The packages must be built. */
export function apiPages(root: string): Record<string, () => string> {
  const directories = ["core", ...folders(root, "plugins"), ...folders(root, "profiles")];
  return Object.fromEntries(directories.flatMap((directory) => pagesOf(join(root, directory))));
}

/** A page for each entry point of a package. */
function pagesOf(directory: string): [string, () => string][] {
  const { name, exports } = JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as PackageFile;
  return Object.entries(exports).map(([entry, { types }]) => {
    const specifier = join(name, entry);
    const page = `docs/api/${specifier.replace("@leasehold/", "").replace("/", "-")}.md`;
    return [page, () => apiPage(specifier, readModel(directory, types))];
  });
}

function folders(root: string, parent: string): string[] {
  return readdirSync(join(root, parent))
    .map((name) => join(parent, name))
    .filter((directory) => existsSync(join(root, directory, "package.json")));
}
