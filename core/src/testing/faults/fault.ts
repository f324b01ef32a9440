/** What the proxy can do to a request instead of passing it on and its answer back. */
export type FaultKind =
  /** No new connection is taken for a while, and this one is reset. */
  | "refuse"
  /** The connection is reset before the coordinator sees the request. */
  | "reset"
  /** The coordinator acts, and the connection is reset before its answer. */
  | "drop"
  /** The coordinator acts, and the connection is reset in the middle of its answer. */
  | "cut"
  /** The answer comes late. */
  | "delay"
  /** The answer comes in small pieces. */
  | "drip"
  /** Nothing comes, for longer than anyone waits; then the connection is reset. */
  | "hang"
  /** 500 in plain text. */
  | "error"
  /** 401, as of a coordinator that does not take these credentials. */
  | "deny"
  /** Bytes that are no HTTP. */
  | "garbage"
  /** 200 with a page of HTML, as of a proxy that answers for others. */
  | "page"
  /** The last answer that handed out a run is given once more, and no third time; with none the request is passed on. */
  | "again"
  /** The coordinator goes away, and comes back as another process on the same data; this connection is reset. */
  | "restart";

export interface Fault {
  readonly kind: FaultKind;
  /** Whether the coordinator gets the request all the same. */
  readonly acted: boolean;
  /** Milliseconds that it lasts, where it lasts. */
  readonly ms: number;
}

/** Decides which request meets which fault. Has a state of its own: make a new one for each test. */
export interface FaultScript {
  readonly name: string;
  /** The fault of a request, if any; asked once for each, in the order of their arrival. `path` is without its query. */
  next(method: string, path: string): Fault | undefined;
}
