import { type Token, token } from "./services/token.ts";

/** Authenticates whoever calls out. At most one plugin provides it. */
export interface Credentials {
  /** Headers for a request to `url`. */
  headers(url: string, signal?: AbortSignal): Promise<Record<string, string>>;
  /**
   * Called after the caller judged a response to be a refusal of these credentials; answers whether to try once more.
   * `sent` is what `headers` had answered for the refused request: meanwhile there may be others.
   */
  rejected(
    url: string,
    response: { readonly status: number; readonly body: string },
    sent: Readonly<Record<string, string>>,
  ): Promise<boolean>;
}

export const Credentials: Token<Credentials> = token("leasehold/credentials");
