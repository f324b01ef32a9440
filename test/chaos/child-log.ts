import { closeSync, openSync, readSync } from "node:fs";

/** What a process of a run has written about itself. */
export interface ChildNote {
  readonly type: "start" | "end";
  readonly session: string;
  readonly pid: number;
  /** Which runner process started it. */
  readonly generation: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** Reads the file that the processes of runs append to, as it grows. */
export class ChildLog {
  readonly notes: ChildNote[] = [];
  readonly #file: number;
  #position = 0;
  #rest = "";

  constructor(path: string) {
    this.#file = openSync(path, "a+");
  }

  /** Answers the notes that have come since the last call. */
  read(): readonly ChildNote[] {
    const before = this.notes.length;
    const buffer = Buffer.alloc(64 * 1024);
    for (let read = -1; read !== 0; ) {
      read = readSync(this.#file, buffer, 0, buffer.length, this.#position);
      this.#position += read;
      this.#take(buffer.toString("utf8", 0, read));
    }
    return this.notes.slice(before);
  }

  close(): void {
    closeSync(this.#file);
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.notes.push(noteOf(line));
  }
}

function noteOf(line: string): ChildNote {
  const [type, session = "", pid, generation, seconds] = line.split(" ");
  if (type !== "start" && type !== "end") throw new Error(`an agent wrote a note that is none: "${line}"`);
  return { type, session, pid: Number(pid), generation: Number(generation), at: Number(seconds) * 1_000 };
}
