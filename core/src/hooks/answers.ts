/** An answer of `onLease`: the run is settled as refused. */
export class Refusal {
  /** Keeps the compiler from taking one answer for the other. */
  readonly answer = "refusal";
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }
}

/** An answer of `resolveEntrypoint`: not mine, and why; the next tap is asked. */
export class Decline {
  /** Keeps the compiler from taking one answer for the other. */
  readonly answer = "decline";
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }
}

export function refuse(reason: string): Refusal {
  return new Refusal(reason);
}

export function decline(reason: string): Decline {
  return new Decline(reason);
}
