// Loaded before anything else in a runner's process: tells the parent which files the configuration is made from.
import { registerHooks } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { ASSIGNMENT_VARIABLE, assignment, type News } from "./assignment.ts";

const { configFile } = assignment.parse(JSON.parse(process.env[ASSIGNMENT_VARIABLE] ?? "{}"));
const local = new Set([pathToFileURL(configFile).href]);

registerHooks({
  resolve(specifier, context, next) {
    const resolved = next(specifier, context);
    const url = withoutQuery(resolved.url);
    // Packages are not watched, even where they are linked from a folder beside.
    const isRelative = /^(\.{0,2}\/|file:)/.test(specifier);
    if (!local.has(url) && isRelative && local.has(withoutQuery(context.parentURL ?? "")) && url.startsWith("file:")) {
      local.add(url);
      process.send?.({ files: [fileURLToPath(url)] } satisfies News);
    }
    return resolved;
  },
});

function withoutQuery(url: string): string {
  return url.replace(/[?#].*$/, "");
}
