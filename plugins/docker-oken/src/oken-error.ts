/** Codes of the runner's own error bodies with the status each is sent with (spec §1.1; the last four are ours). */
export const OKEN_STATUS = {
  AGENT_NOT_FOUND: 404,
  AGENT_NOT_RUNNING: 400,
  BUILD_FAILED: 400,
  CONFIG_ERROR: 400,
  CONTAINER_ERROR: 500,
  /** Unless the error carries a status of its own. */
  INVOKE_FAILED: 500,
  VALIDATION_ERROR: 422,
  REFUSED: 403,
  AGENT_BUSY: 503,
  TOO_LARGE: 413,
} as const;

export type OkenCode = keyof typeof OKEN_STATUS;

export interface OkenErrorDetails extends ErrorOptions {
  /** Sent instead of the code's own status: what an agent answered itself, 502 or 504. */
  readonly status?: number;
  /** Output of the image build, whole. */
  readonly buildLog?: string;
  /** After how many seconds a new attempt may succeed (`Retry-After`). */
  readonly retryAfterSeconds?: number;
}

/** What a client of the runner is told: `{"error": message, "code": code}` with `status` (spec §1.1, kind A). */
export class OkenError extends Error {
  override readonly name = "OkenError";
  readonly code: OkenCode;
  readonly status: number;
  /** Empty text unless an image build failed. */
  readonly buildLog: string;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: OkenCode, message: string, details: OkenErrorDetails = {}) {
    const { status, buildLog, retryAfterSeconds, ...options } = details;
    super(message, options);
    this.code = code;
    this.status = status ?? OKEN_STATUS[code];
    this.buildLog = buildLog ?? "";
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** The same without secrets in what a client is told; what is no `OkenError` as it is. */
export function maskFault(thrown: unknown, mask: (text: string) => string): unknown {
  if (!(thrown instanceof OkenError)) return thrown;
  const [message, buildLog] = [mask(thrown.message), mask(thrown.buildLog)];
  if (message === thrown.message && buildLog === thrown.buildLog) return thrown;
  const { code, status, retryAfterSeconds } = thrown;
  return new OkenError(code, message, {
    ...{ status, buildLog, cause: thrown },
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  });
}

/** Nobody deployed an agent of that id. */
export function agentNotFound(agentId: string): OkenError {
  return new OkenError("AGENT_NOT_FOUND", `Agent ${agentId} not found`);
}

/** The agent is there, but cannot be called; `status` is its own, or what it lacks, as in "no container". */
export function agentNotRunning(agentId: string, status: string): OkenError {
  return new OkenError("AGENT_NOT_RUNNING", `Agent ${agentId} is not running: ${status}`);
}

/** The agent has no place for a call now; `problem` says why. */
export function agentBusy(agentId: string, problem: string, retryAfterSeconds = 1): OkenError {
  return new OkenError("AGENT_BUSY", `Agent ${agentId} is busy: ${problem}`, { retryAfterSeconds });
}

/** What the user sent with a deployment cannot be used. */
export function configError(message: string, options: ErrorOptions = {}): OkenError {
  return new OkenError("CONFIG_ERROR", message, options);
}
