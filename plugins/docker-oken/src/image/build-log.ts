import { decodeTrace, type TraceEvent } from "./buildkit-trace.ts";

/** One object of the stream that the engine answers a build with. */
export interface BuildMessage {
  readonly stream?: string;
  readonly status?: string;
  readonly error?: string;
  readonly id?: string;
  readonly aux?: unknown;
}

const KEPT_CHARACTERS = 1024 * 1024;
const TAIL_LINES = 20;
/** A longer line comes in several. */
const LONGEST_LINE = 16 * 1024;

/** The output of a build in lines, of the classic builder as of BuildKit. Keeps the last MiB. */
export class BuildLog {
  readonly #onLine: (line: string) => void;
  #lines: string[] = [];
  /** Lines before it are dropped: to move a long list for each one would hold up everybody. */
  #first = 0;
  readonly #steps = new Map<string, { readonly number: number; rest: string }>();
  #characters = 0;
  #dropped = 0;
  #rest = "";
  #error: string | undefined;

  constructor(onLine: (line: string) => void = () => {}) {
    this.#onLine = onLine;
  }

  /** What the engine says went wrong; a failed build does not fail in any other way. */
  get error(): string | undefined {
    return this.#error;
  }

  get text(): string {
    const mark = this.#dropped > 0 ? [`(${this.#dropped} lines before these were dropped)`] : [];
    return [...mark, ...this.#lines.slice(this.#first), ""].join("\n");
  }

  /** The last lines, for an error. */
  get tail(): string {
    return this.#lines.slice(Math.max(this.#first, this.#lines.length - TAIL_LINES)).join("\n");
  }

  take({ stream, status, error, id, aux }: BuildMessage): void {
    if (stream !== undefined) this.#takeText(stream);
    if (status !== undefined && id === undefined) this.#add(status);
    if (id === "moby.buildkit.trace" && typeof aux === "string")
      for (const event of decodeTrace(Buffer.from(aux, "base64"))) this.#takeEvent(event);
    if (error !== undefined) {
      this.#error = error;
      this.#add(error);
    }
  }

  /** What was printed last may lack its newline. */
  end(): void {
    if (this.#rest !== "") this.#add(this.#rest);
    this.#rest = "";
    for (const step of this.#steps.values()) {
      if (step.rest !== "") this.#add(`#${step.number} ${step.rest}`);
      step.rest = "";
    }
  }

  #takeText(text: string): void {
    const lines = linesOf(`${this.#rest}${text}`);
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#add(line);
  }

  #takeEvent({ digest, kind, text }: TraceEvent): void {
    const known = this.#steps.get(digest);
    const step = known ?? { number: this.#steps.size + 1, rest: "" };
    this.#steps.set(digest, step);
    if (kind === "started" && !known) this.#add(`#${step.number} ${text}`);
    if (kind === "cached") this.#add(`#${step.number} CACHED`);
    if (kind === "failed") this.#add(`#${step.number} ERROR: ${text}`);
    if (kind !== "output") return;
    const lines = linesOf(`${step.rest}${text}`);
    step.rest = lines.pop() ?? "";
    for (const line of lines) this.#add(`#${step.number} ${line}`);
  }

  #add(line: string): void {
    const clean = line.trimEnd();
    this.#lines.push(clean);
    this.#characters += clean.length + 1;
    while (this.#characters > KEPT_CHARACTERS && this.#first < this.#lines.length - 1) this.#drop();
    this.#onLine(clean);
  }

  #drop(): void {
    this.#characters -= (this.#lines[this.#first]?.length ?? 0) + 1;
    this.#dropped += 1;
    this.#first += 1;
    if (this.#first * 2 < this.#lines.length) return;
    this.#lines = this.#lines.slice(this.#first);
    this.#first = 0;
  }
}

/** The last one is open. */
function linesOf(text: string): string[] {
  return text.split("\n").flatMap((line) => (line.length > LONGEST_LINE ? piecesOf(line) : line));
}

function piecesOf(line: string): string[] {
  return line.match(new RegExp(`.{1,${LONGEST_LINE}}`, "gsu")) ?? [];
}
