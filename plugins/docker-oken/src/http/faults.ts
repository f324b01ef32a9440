import type { OkenError } from "../oken-error.ts";

/** One failing parameter, as the reference's framework tells it (spec §1.1, kind B). */
export interface ValidationItem {
  readonly type: string;
  readonly loc: readonly (string | number)[];
  readonly msg: string;
  /** The offending value, or null. */
  readonly input: unknown;
  readonly ctx?: Readonly<Record<string, unknown>>;
}

/** An answer with `detail` as the reference's framework gives it, and with `error` and `code` for the platform's client. */
export class DetailFault extends Error {
  override readonly name: string = "DetailFault";
  readonly status: number;
  readonly code: string;
  readonly detail: string | readonly ValidationItem[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: string,
    line: string,
    detail: string | readonly ValidationItem[] = line,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(line);
    this.status = status;
    this.code = code;
    this.detail = detail;
    this.headers = headers;
  }

  get body(): Readonly<Record<string, unknown>> {
    return { detail: this.detail, error: this.message, code: this.code };
  }
}

/** Values that are missing or of the wrong type; all of a request in one answer. */
export class ValidationFault extends DetailFault {
  override readonly name = "ValidationFault";

  constructor(line: string, items: readonly ValidationItem[]) {
    super(422, "VALIDATION_ERROR", line, items);
  }
}

/** A form that is none (spec §1.1, kind B with status 400). */
export function malformed(detail: string): DetailFault {
  return new DetailFault(400, "VALIDATION_ERROR", detail);
}

/** The body of a runner error (spec §1.1, kind A); the build log goes with a failed build (OKEN-D30). */
export function bodyOf({ message, code, buildLog }: OkenError): Readonly<Record<string, string>> {
  return { error: message, code, ...(buildLog === "" ? {} : { build_log: buildLog }) };
}
