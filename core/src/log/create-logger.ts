import { createRequire } from "node:module";
import { pino, stdSerializers, stdTimeFunctions } from "pino";
import { messageOf } from "../errors/leasehold-error.ts";
import type { Logger } from "./logger.ts";
import { visible } from "./visible.ts";

const require = createRequire(import.meta.url);

export interface LoggerSettings {
  readonly verbose: boolean;
  /** Standard error unless said otherwise. */
  readonly stream?: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

/** The runner's logger: readable lines on a terminal, JSON lines elsewhere, always on standard error, written in place. */
export function createLogger({ verbose, stream = process.stderr }: LoggerSettings): Logger {
  return pino(
    {
      level: verbose ? "debug" : "info",
      base: { pid: process.pid },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: guarded(verbose ? stdSerializers.errWithCause : briefError) },
    },
    stream.isTTY ? prettyLines(stream) : stream,
  );
}

function prettyLines(destination: NodeJS.WritableStream): NodeJS.WritableStream {
  // Loaded where somebody reads along: most runners write to a file or a collector.
  const pretty = require("pino-pretty") as typeof import("pino-pretty");
  return pretty({
    destination,
    sync: true,
    colorize: true,
    ignore: "pid",
    singleLine: true,
    messageFormat: inOneLine,
  });
}

/** A message may quote what others wrote; on a terminal a line break in it would forge a line. */
function inOneLine(members: Record<string, unknown>, key: string): string {
  return visible(String(members[key] ?? ""));
}

/** What plugins throw may throw when it is looked at, or be its own cause; a line must come of it all the same. */
function guarded(serialize: (error: Error) => unknown): (error: Error) => unknown {
  return (error) => {
    try {
      return serialize(error);
    } catch {
      return { message: messageOf(error) };
    }
  };
}

/** Stacks are for those who asked for them. */
function briefError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { name, message, cause } = error;
  const { code } = error as { code?: unknown };
  return {
    type: name,
    ...(code === undefined ? {} : { code }),
    message,
    ...(cause === undefined ? {} : { cause: briefError(cause) }),
  };
}
