import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readModel } from "./read-model.ts";
import { apiPage } from "./render-page.ts";

/** What `docs/api` is made of: for each package's page the function that renders it. The packages must be built. */
export function apiPages(root: string): Record<string, () => string> {
  const directories = ["core", ...folders(root, "plugins"), ...folders(root, "profiles")];
  return Object.fromEntries(
    directories.map((directory) => {
      const { name } = JSON.parse(readFileSync(join(root, directory, "package.json"), "utf8")) as { name: string };
      const page = `docs/api/${name.replace("@leasehold/", "")}.md`;
      return [page, () => apiPage(name, readModel(join(root, directory)))];
    }),
  );
}

function folders(root: string, parent: string): string[] {
  return readdirSync(join(root, parent))
    .map((name) => join(parent, name))
    .filter((directory) => existsSync(join(root, directory, "package.json")));
}
