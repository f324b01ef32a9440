import { type JsonObject, printableLine, type TerminalStream } from "leasehold";
import type { Submitted } from "./create-run.ts";
import { eventText } from "./event-text.ts";
import { StatusLine } from "./status-line.ts";

/** Tells a person how a run goes. */
export interface Progress {
  begin(run: Submitted): void;
  status(status: string): void;
  event(event: JsonObject): void;
  /** Something worth a line. */
  note(text: string): void;
  /** Something that may go on for long; the same again is said once. */
  trouble(text: string): void;
  /** Takes away what is not meant to stay. May be repeated. */
  close(): void;
}

/** Lines on a terminal above one that is redrawn with the elapsed time; plain lines elsewhere. */
export function createProgress(stderr: TerminalStream, { silent }: { silent: boolean }): Progress {
  const line = stderr.isTTY && !silent ? new StatusLine(stderr) : undefined;
  const write = silent ? () => undefined : (text: string) => (line ? line.above(text) : stderr.write(`${text}\n`));
  return new LineProgress(write, line);
}

class LineProgress implements Progress {
  readonly #write: (text: string) => void;
  readonly #line: StatusLine | undefined;
  #status = "";
  #trouble = "";

  constructor(write: (text: string) => void, line: StatusLine | undefined) {
    this.#write = write;
    this.#line = line;
  }

  begin({ runId, sessionId }: Submitted): void {
    this.#write(`run ${printableLine(runId)}, session ${printableLine(sessionId)}`);
    this.#line?.show("pending");
  }

  status(status: string): void {
    this.#trouble = "";
    if (status === this.#status) return;
    this.#status = status;
    if (this.#line) this.#line.show(printableLine(status));
    else this.#write(printableLine(status));
  }

  event(event: JsonObject): void {
    const text = eventText(event);
    if (text !== undefined) this.#write(text);
  }

  note(text: string): void {
    this.#write(printableLine(text));
  }

  trouble(text: string): void {
    if (text === this.#trouble) return;
    this.#trouble = text;
    this.note(text);
  }

  close(): void {
    this.#line?.clear();
  }
}
