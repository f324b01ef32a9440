import { constants } from "node:os";
import { LaunchError } from "leasehold";
import { quoted } from "../python/quoted.ts";

/** The code of a launch of which nobody knows how far it came. */
export const LOST_CODE = "LOST";

/** The operating system's own sentences; libuv words them differently. */
const SENTENCES: Readonly<Record<string, string>> = {
  E2BIG: "Argument list too long",
  EACCES: "Permission denied",
  EAGAIN: "Resource temporarily unavailable",
  ELOOP: "Too many levels of symbolic links",
  EMFILE: "Too many open files",
  ENAMETOOLONG: "File name too long",
  ENFILE: "Too many open files in system",
  ENOENT: "No such file or directory",
  ENOEXEC: "Exec format error",
  ENOMEM: "Cannot allocate memory",
  ENOTDIR: "Not a directory",
  EPERM: "Operation not permitted",
  ETXTBSY: "Text file busy",
};

/** `[Errno 13] Permission denied: '/path'`, as Python words it (protocol §4.4). */
export function launchError(code: string, path: string, cause?: unknown): LaunchError {
  const number = constants.errno[code as keyof typeof constants.errno];
  const sentence = SENTENCES[code] ?? (cause instanceof Error ? cause.message : code);
  return new LaunchError(code, `[Errno ${number ?? "?"}] ${sentence}: ${quoted(path)}`, { cause });
}

/** The launch error that an error of Node's stands for. */
export function toLaunchError(error: unknown, path: string): LaunchError {
  if (error instanceof LaunchError) return error;
  const code = (error as NodeJS.ErrnoException).code ?? "UNKNOWN";
  return launchError(code === "EISDIR" ? "EACCES" : code, path, error);
}

/** What was to start a program died, or its output cannot be received; it may have run. */
export function lostError(path: string, cause?: unknown): LaunchError {
  return new LaunchError(LOST_CODE, `Lost while it was started: ${quoted(path)}`, { cause });
}

/** What was to start a program did nothing of it, and never will; somebody else may. */
export class NothingStarted extends Error {}

/** Arguments, environment or paths hold a character that ends a string in C. */
export function nullByteError(): LaunchError {
  return new LaunchError("EINVAL", "embedded null byte");
}
