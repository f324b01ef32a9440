import { createRequire } from "node:module";
import type { Dispatcher } from "undici";

type Request = (
  this: Pick<Dispatcher, "dispatch">,
  options: Dispatcher.RequestOptions,
) => Promise<Dispatcher.ResponseData>;

const require = createRequire(import.meta.url);

/** A request whose answer is a stream. The index of undici makes it a method of all pools; without it, it is called on one. */
const request = require("undici/lib/api/api-request.js") as Request;

export function requestFrom(
  dispatcher: Pick<Dispatcher, "dispatch">,
  options: Dispatcher.RequestOptions,
): Promise<Dispatcher.ResponseData> {
  return request.call(dispatcher, options);
}
