import type { Logger as PinoLogger } from "pino";

/** A pino logger: `log.info({ members }, "sentence")`. */
export type Logger = PinoLogger;
