import { appendFile } from "node:fs/promises";
import { describeFault, FaultReport, messageOf } from "../../errors/leasehold-error.ts";

/** What became of one point of a suite. */
export interface Finding {
  readonly point: string;
  readonly verdict: "holds" | "broken" | "does not apply";
  /** Why it is broken, or does not apply. */
  readonly reason?: string;
}

/** Where reports are appended as well, as Markdown. */
const FILE_VARIABLE = "LEASEHOLD_CONFORMANCE_REPORT";
const MARKS = { holds: "✓", broken: "✗", "does not apply": "–" } as const;

/** The findings of one suite on one plugin, for people. */
export class ConformanceReport {
  readonly #title: string;
  readonly #findings: Finding[] = [];

  constructor(title: string) {
    this.#title = title;
  }

  /** Tries a point, and notes what became of it. Rejects as the trial does, by the fault that came first. */
  async try(point: string, trial: () => Promise<void>): Promise<void> {
    try {
      await trial();
      this.#findings.push({ point, verdict: "holds" });
    } catch (thrown) {
      this.#findings.push({ point, verdict: "broken", reason: reasonOf(thrown) });
      throw unwrapped(thrown);
    }
  }

  leaveOut(point: string, reason: string): void {
    this.#findings.push({ point, verdict: "does not apply", reason });
  }

  /** Prints the report, and appends it to the file that LEASEHOLD_CONFORMANCE_REPORT names. */
  async publish(): Promise<void> {
    console.info(this.text());
    const file = process.env[FILE_VARIABLE];
    if (file) await appendFile(file, this.markdown());
  }

  text(): string {
    const lines = this.#findings.map(({ point, verdict, reason }) => {
      const why =
        reason === undefined ? "" : ` (${verdict === "broken" ? "" : "does not apply: "}${firstLine(reason)})`;
      return `  ${MARKS[verdict]} ${point}${why}`;
    });
    return [`${this.#title}: ${this.#sum()}`, ...lines].join("\n");
  }

  markdown(): string {
    const rows = this.#findings.map(({ point, verdict, reason = "" }) => `| ${point} | ${verdict} | ${cell(reason)} |`);
    return [`## ${this.#title}`, "", "| point | verdict | why |", "| --- | --- | --- |", ...rows, "", ""].join("\n");
  }

  /** `7 hold, 1 is broken, 3 do not apply`; what there is none of is not named. */
  #sum(): string {
    const [broken, leftOut] = [this.#count("broken"), this.#count("does not apply")];
    return [
      `${this.#count("holds")} hold`,
      ...(broken > 0 ? [`${broken} ${broken === 1 ? "is" : "are"} broken`] : []),
      ...(leftOut > 0 ? [`${leftOut} ${leftOut === 1 ? "does" : "do"} not apply`] : []),
    ].join(", ");
  }

  #count(verdict: Finding["verdict"]): number {
    return this.#findings.filter((finding) => finding.verdict === verdict).length;
  }
}

function reasonOf(thrown: unknown): string {
  if (isSuppressed(thrown)) return `${reasonOf(thrown.suppressed)}; and then: ${reasonOf(thrown.error)}`;
  return thrown instanceof FaultReport ? thrown.faults.map(describeFault).join("; ") : messageOf(thrown);
}

/** A `SuppressedError` says nothing by itself: its first fault is shown in its place, with its stack, and names what came after. */
function unwrapped(thrown: unknown): unknown {
  if (!isSuppressed(thrown)) return thrown;
  const first = firstOf(thrown);
  const error = new Error(reasonOf(thrown), { cause: first });
  if (first instanceof Error && first.stack) error.stack = first.stack.replace(first.message, () => error.message);
  return error;
}

function firstOf(thrown: unknown): unknown {
  return isSuppressed(thrown) ? firstOf(thrown.suppressed) : thrown;
}

/** What `await using` makes of a trial that fails and whose runner does not close well either. */
function isSuppressed(thrown: unknown): thrown is SuppressedError {
  return thrown instanceof Error && thrown.name === "SuppressedError";
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}

function cell(text: string): string {
  return firstLine(text).replaceAll("|", "\\|");
}
