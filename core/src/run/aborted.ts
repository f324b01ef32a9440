/** Why a run was told to end. */
export type AbortReason = "stop" | "timeout" | "drain" | "lease-lost";

/** The reason that `run.signal` carries when it is aborted. */
export class RunAborted extends Error {
  override readonly name = "RunAborted";
  readonly reason: AbortReason;

  constructor(reason: AbortReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}
