/** An answer that refuses a request: an HTTP status and what stands under `detail` in the body (protocol §2.1). */
export class Refusal extends Error {
  readonly status: number;
  readonly detail: unknown;

  constructor(status: number, detail: unknown) {
    super(
      `The embedded coordinator answers ${status}: ${typeof detail === "string" ? detail : JSON.stringify(detail)}`,
    );
    this.name = "Refusal";
    this.status = status;
    this.detail = detail;
  }
}

/** The answer to a `runner_id` that is not registered: 401, as if it were a matter of credentials (§2.2). */
export function notRegistered(): Refusal {
  return new Refusal(401, "Runner not registered");
}

/** A 404 that says what is missing. */
export function notFound(what: string): Refusal {
  return new Refusal(404, what);
}
