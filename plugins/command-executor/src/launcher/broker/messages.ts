/** Hexadecimal digits with which a connection to the dock begins: those of its broker, and those of its own. */
export const WIRE_NAME_LENGTH = 40;
export const PREFIX_LENGTH = 8;

/** What a broker is told first, over its channel: neither its words nor its environment hold it. */
export interface Greeting {
  readonly type: "greeting";
  /** The unix socket where streams of children go. */
  readonly dock: string;
  /** With what the names of its connections begin. */
  readonly prefix: string;
}

/** A program to start. */
export interface Order {
  readonly type: "order";
  readonly id: number;
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly input: boolean;
}

/** The broker can start programs. */
interface Ready {
  readonly type: "ready";
}

/** A program was started; its streams are known to the dock by these names. */
export interface Began {
  readonly type: "began";
  readonly id: number;
  readonly pid: number;
  /** Clock ticks from boot to its start. */
  readonly startTime: number;
  readonly wires: readonly string[];
}

/** A program could not be started. */
interface Failed {
  readonly type: "failed";
  readonly id: number;
  /** e.g. `E2BIG`. */
  readonly code: string;
  readonly message: string;
}

/** Nothing of an order was done, for the dock cannot be reached. */
interface Stranded {
  readonly type: "stranded";
  readonly id: number;
}

/** A program has ended. */
interface Ended {
  readonly type: "ended";
  readonly id: number;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export type ToBroker = Greeting | Order;
export type FromBroker = Ready | Began | Failed | Stranded | Ended;
