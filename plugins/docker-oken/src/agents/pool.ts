import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

/** Connections to one agent. The file by itself: all of undici, with fetch, caches and mocks, is twice the memory. */
export const Pool = require("undici/lib/dispatcher/pool.js") as typeof import("undici").Pool;
