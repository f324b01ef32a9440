interface Details extends ErrorOptions {
  /** From the provider's `Retry-After`. */
  readonly retryAfterMs?: number | undefined;
}

/** There is no token to be had. `problem` says why, `fix` what to do; neither ever holds the secret. */
export class TokenUnavailable extends Error {
  override readonly name = "TokenUnavailable";
  readonly problem: string;
  readonly fix: string;
  readonly retryAfterMs: number | undefined;

  constructor(problem: string, fix: string, { retryAfterMs, ...options }: Details = {}) {
    super(`${problem}. ${fix}`, options);
    this.problem = problem;
    this.fix = fix;
    this.retryAfterMs = retryAfterMs;
  }

  /** The same, saying first whose token it is about. */
  about(whose: string): TokenUnavailable {
    const { retryAfterMs, cause } = this;
    return new TokenUnavailable(`${whose}: ${this.problem}`, this.fix, { retryAfterMs, cause });
  }
}
