import type { TerminalStream } from "../plugin/command.ts";
import type { Exit } from "../redaction/exits.ts";
import type { SecretStore } from "../redaction/secret-store.ts";
import type { Terminal } from "./terminal.ts";

/** A terminal that shows no secrets. */
export interface MaskedTerminal extends Terminal {
  readonly secrets: SecretStore;
  /** Standard output for what may be a result: the runner's own credentials are masked, and nothing else. */
  readonly output: TerminalStream;
  /** Standard error for the log, which masks its lines itself. */
  readonly logStream: TerminalStream;
}

/** Puts the exits of standard output and error in front of a terminal. */
export function maskTerminal(terminal: Terminal, secrets: SecretStore): MaskedTerminal {
  return {
    ...terminal,
    secrets,
    stdout: masked(terminal.stdout, "stdout", secrets),
    output: masked(terminal.stdout, "output", secrets),
    stderr: masked(terminal.stderr, "stderr", secrets),
    logStream: terminal.stderr,
  };
}

/** The stream itself in everything but what is written: on a terminal it is one still. */
function masked(stream: TerminalStream, exit: Exit, secrets: SecretStore): TerminalStream {
  const write: TerminalStream["write"] = (chunk: string | Uint8Array, ...rest: unknown[]): boolean => {
    const text = typeof chunk === "string" ? chunk : Buffer.from(chunk).toString("latin1");
    const shown = secrets.mask(exit, text);
    const written = shown === text ? chunk : typeof chunk === "string" ? shown : Buffer.from(shown, "latin1");
    return Reflect.apply(stream.write, stream, [written, ...rest]) as boolean;
  };
  return new Proxy(stream, {
    get(target, key) {
      if (key === "write") return write;
      const member: unknown = Reflect.get(target, key, target);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}
