/** What a request of the runner is about, as far as faults and invariants care. */
export type Endpoint =
  | "poll"
  | "register"
  | "heartbeat"
  | "started"
  | "bind"
  | "event"
  | "end"
  | "look"
  | "download"
  | "farewell"
  | "other";

export interface Target {
  readonly endpoint: Endpoint;
  /** The id of the run or session in the path, where there is one. */
  readonly subject?: string;
}

const ROUTES: readonly (readonly [method: string, path: RegExp, endpoint: Endpoint])[] = [
  ["GET", /^\/runner\/runs$/, "poll"],
  ["POST", /^\/runner\/register$/, "register"],
  ["POST", /^\/runner\/heartbeat$/, "heartbeat"],
  ["POST", /^\/runner\/runs\/([^/]+)\/started$/, "started"],
  ["POST", /^\/runner\/runs\/([^/]+)\/(?:completed|failed|stopped)$/, "end"],
  ["POST", /^\/sessions\/([^/]+)\/bind$/, "bind"],
  ["POST", /^\/sessions\/([^/]+)\/events$/, "event"],
  ["GET", /^\/(?:runs|sessions|runners)(?:\/([^/]+))?(?:\/.*)?$/, "look"],
  ["GET", /^\/scripts(?:\/([^/]+))?(?:\/.*)?$/, "download"],
  ["DELETE", /^\/runners\/([^/]+)$/, "farewell"],
];

/** `path` without its query. */
export function targetOf(method: string, path: string): Target {
  for (const [wanted, pattern, endpoint] of ROUTES) {
    const match = wanted === method ? pattern.exec(path) : null;
    if (match) return match[1] === undefined ? { endpoint } : { endpoint, subject: decodeURIComponent(match[1]) };
  }
  return { endpoint: "other" };
}
