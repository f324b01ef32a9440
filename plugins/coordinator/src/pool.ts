import { createRequire } from "node:module";
import type { Pool as Whole } from "undici";

const require = createRequire(import.meta.url);

/**
 * Connections to one server. The file by itself: all of undici, with fetch, caches and mocks, is twice the memory, but also makes
 * `request` and its kin methods of every pool; without it there is `dispatch`.
 */
export const Pool = require("undici/lib/dispatcher/pool.js") as new (
  origin: string,
  options: Whole.Options,
) => Pick<Whole, "dispatch" | "close" | "destroy">;
