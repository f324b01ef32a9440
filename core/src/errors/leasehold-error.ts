import { visible } from "../log/visible.ts";
import { catalogue, type ErrorCode } from "./catalogue.ts";

/** Values for the placeholders of a catalogue entry; `plugin` and `hook` are kept as members too. */
export type ErrorDetails = Readonly<Record<string, string | number>>;

/** An error of the core: who and where in `details`, why in `message` and `cause`, what to do in `fix`. */
export class LeaseholdError extends Error {
  override readonly name = "LeaseholdError";
  readonly code: ErrorCode;
  readonly details: ErrorDetails;
  readonly fix: string;

  constructor(code: ErrorCode, details: ErrorDetails = {}, options?: ErrorOptions) {
    super(fill(catalogue[code].message, details), options);
    this.code = code;
    this.details = details;
    this.fix = fill(catalogue[code].fix, details);
  }
}

/** Several faults found together, reported together. */
export class FaultReport extends Error {
  override readonly name = "FaultReport";
  readonly faults: readonly LeaseholdError[];

  constructor(title: string, faults: readonly LeaseholdError[]) {
    super([`${title}:`, ...faults.map(describeFault)].join("\n"));
    this.faults = faults;
  }
}

/** A fault as a person reads it: the sentence, its code, and what to do. Lines that it quotes are set in, lest they pass for ours. */
export function describeFault(fault: LeaseholdError): string {
  const [message, fix] = [fault.message, fault.fix].map((text) => text.split("\n").map(visible).join("\n    "));
  return `  - ${message} [${fault.code}]\n    ${fix}`;
}

/** The text of anything thrown. Never throws itself: getters and proxies are a plugin's, and may. */
export function messageOf(thrown: unknown): string {
  try {
    if (thrown instanceof Error) return String(thrown.message || thrown.name);
    return typeof thrown === "string" ? thrown : `a thrown ${thrown === null ? "null" : typeof thrown}`;
  } catch {
    return "something thrown that cannot be read";
  }
}

function fill(text: string, details: ErrorDetails): string {
  return text.replace(/\{(\w+)\}/g, (placeholder, name: string) => String(details[name] ?? placeholder));
}
