// Preloaded by the runner: its sources pass through here, and some are changed on their way.
import { registerHooks } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { hurry } from "./hurry.ts";
import { mutations } from "./mutations.ts";
import { patched } from "./patch.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const { CHAOS_MUTATION: wanted } = process.env;
const mutation = mutations.find(({ name }) => name === wanted);
if (wanted !== undefined && !mutation) throw new Error(`there is no mutation "${wanted}"`);
const patches = Map.groupBy([...hurry, ...(mutation?.patches ?? [])], ({ file }) => pathToFileURL(root + file).href);

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context);
    const own = patches.get(url);
    if (!own || loaded.source === undefined || loaded.source === null) return loaded;
    const text =
      typeof loaded.source === "string" ? loaded.source : Buffer.from(loaded.source as Uint8Array).toString();
    return { ...loaded, source: own.reduce(patched, text) };
  },
});
