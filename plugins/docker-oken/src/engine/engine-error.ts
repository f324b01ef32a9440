/** Whether the engine answered with that HTTP status. */
export function hasStatus(thrown: unknown, ...statuses: number[]): boolean {
  const { statusCode } = (thrown ?? {}) as { readonly statusCode?: unknown };
  return typeof statusCode === "number" && statuses.includes(statusCode);
}

/** Whether the engine answered at all, if only to refuse. */
export function wasAnswered(thrown: unknown): boolean {
  return typeof (thrown as { readonly statusCode?: unknown } | undefined)?.statusCode === "number";
}

/** Code of the connection's failure, as in `ECONNREFUSED`, where the engine was not reached at all; otherwise nothing. */
export function unreachedCode(thrown: unknown): string | undefined {
  const { code } = (thrown ?? {}) as { readonly code?: unknown };
  return typeof code === "string" && !wasAnswered(thrown) ? code : undefined;
}

/** The engine's own sentence, or the connection's. */
export function reasonOf(thrown: unknown): string {
  const { json, message } = (thrown ?? {}) as {
    readonly json?: { readonly message?: unknown };
    readonly message?: unknown;
  };
  if (typeof json?.message === "string" && json.message !== "") return json.message;
  const text = typeof message === "string" && message !== "" ? message : String(thrown);
  // The client's own prefix says the same twice.
  return text.replace(/^\(HTTP code \d+\) [^-]*- /, "").trim();
}

/** Ignores that what was to be changed is gone or is so already. */
export async function unlessStatus(work: Promise<unknown>, ...statuses: number[]): Promise<void> {
  try {
    await work;
  } catch (thrown) {
    if (!hasStatus(thrown, ...statuses)) throw thrown;
  }
}
