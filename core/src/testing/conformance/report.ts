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

  /** Tries a point, and notes what became of it. Rejects as the trial does. */
  async try(point: string, trial: () => Promise<void>): Promise<void> {
    try {
      await trial();
      this.#findings.push({ point, verdict: "holds" });
    } catch (thrown) {
      this.#findings.push({ point, verdict: "broken", reason: reasonOf(thrown) });
      throw thrown;
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
    return [`${this.#title}: ${this.#count("holds")} of ${this.#tried} points hold`, ...lines].join("\n");
  }

  markdown(): string {
    const rows = this.#findings.map(({ point, verdict, reason = "" }) => `| ${point} | ${verdict} | ${cell(reason)} |`);
    return [`## ${this.#title}`, "", "| point | verdict | why |", "| --- | --- | --- |", ...rows, "", ""].join("\n");
  }

  get #tried(): number {
    return this.#findings.length - this.#count("does not apply");
  }

  #count(verdict: Finding["verdict"]): number {
    return this.#findings.filter((finding) => finding.verdict === verdict).length;
  }
}

function reasonOf(thrown: unknown): string {
  if (isSuppressed(thrown)) return `${reasonOf(thrown.suppressed)}; and then: ${reasonOf(thrown.error)}`;
  return thrown instanceof FaultReport ? thrown.faults.map(describeFault).join("; ") : messageOf(thrown);
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
