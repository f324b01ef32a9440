import { createRequire } from "node:module";
import type { Pool as Whole } from "undici";

const require = createRequire(import.meta.url);
// File by file: all of undici, with fetch, caches and mocks, is twice the memory. Its index makes `request` a method of every pool.
const BarePool = require("undici/lib/dispatcher/pool.js") as typeof Whole;
const request = require("undici/lib/api/api-request.js") as Whole["request"];

/** Connections to one agent; of all ways to ask it has `request` and `dispatch`. */
export class Pool extends BarePool {
  override readonly request = request;
}
