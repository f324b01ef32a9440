import type { Factory } from "./config-text.ts";

/**
 * Finds the export of a plugin's package that makes the plugin: the default one, else the one that bears the package's name
 * (`@acme/leasehold-wasm-executor` → `wasmExecutor`), else the only function. Throws with what there is.
 *
 * @param exported The package's module, imported.
 */
export function findFactory(packageName: string, exported: Readonly<Record<string, unknown>>): Factory {
  const functions = Object.keys(exported).filter((name) => typeof exported[name] === "function");
  const wanted = plain(packageName.replace(/^@[^/]+\//, "").replace(/^(leasehold-)?((plugin|profile)-)?/, ""));
  const named = functions.find((name) => plain(name) === wanted);
  const exportName = functions.includes("default") ? "default" : (named ?? only(functions));
  if (exportName) return { packageName, exportName };
  const found = functions.length > 0 ? functions.join(", ") : "no function";
  throw new Error(
    `${packageName} exports ${found}, so which one makes the plugin cannot be told; put a runner.config.ts into supplied/`,
  );
}

function plain(name: string): string {
  return name.replace(/[^a-z0-9]/gi, "").toLowerCase();
}

function only(names: readonly string[]): string | undefined {
  return names.length === 1 ? names[0] : undefined;
}
