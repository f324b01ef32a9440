import type { Logger } from "../log/logger.ts";
import type { SecretStore } from "./secret-store.ts";

/** Where pino keeps what passes every line on; children find their parent's. */
const HOOKS = Symbol.for("pino.hooks");

interface Hooked {
  readonly [HOOKS]?: { readonly streamWrite?: (line: string) => string };
}

/** The same logger, whose lines, and those of its children, hold no secrets. */
export function maskLines(log: Logger, secrets: SecretStore): Logger {
  const { [HOOKS]: hooks } = log as Hooked;
  const before = hooks?.streamWrite;
  const streamWrite = (line: string): string => secrets.mask("log", before ? before(line) : line);
  return Object.defineProperty(log.child({}), HOOKS, { value: { ...hooks, streamWrite } });
}
