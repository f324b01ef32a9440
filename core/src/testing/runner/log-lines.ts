import { pino } from "pino";
import type { Logger } from "../../log/logger.ts";

/** A line of the log, parsed. */
export interface LogLine {
  /** 20 debug, 30 info, 40 warn, 50 error. */
  readonly level: number;
  readonly msg: string;
  readonly [member: string]: unknown;
}

/** A logger that keeps all of its lines. */
export function keepingLogger(): { readonly log: Logger; readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const write = (line: string) => void lines.push(JSON.parse(line) as LogLine);
  return { log: pino({ level: "debug", base: {} }, { write }), lines };
}
