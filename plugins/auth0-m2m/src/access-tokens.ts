import type { Credentials, Logger, Secrets } from "leasehold";
import { Backoff } from "./backoff.ts";
import type { Timing } from "./timing.ts";
import type { AccessToken } from "./token-answer.ts";
import { TokenUnavailable } from "./token-unavailable.ts";

export interface AccessTokenSettings {
  /** Asks for a new token; rejects with `TokenUnavailable`. */
  readonly obtain: (signal: AbortSignal) => Promise<AccessToken>;
  readonly audience: string;
  readonly log: Logger;
  readonly secrets: Pick<Secrets, "register">;
  readonly timing: Timing;
}

/** A token and its times by `performance.now()`: the machine's clock may be wrong, or be set. */
interface Held extends AccessToken {
  readonly refreshAt: number;
  readonly expiresAt: number;
}

/** Tokens that may still be under way, or in an answer, when the next ones are in use. */
const MOST_MASKED = 8;
const LONGEST_BEAT_SECONDS = 5;
const SHORTEST_BEAT_SECONDS = 0.05;
const REFRESH_AHEAD_SECONDS = 60;
const REFRESH_AT_PART_OF_LIFE = 0.9;
const REFUSAL_FIX =
  "The coordinator's AUTH0_DOMAIN and AUTH0_AUDIENCE must be those of this runner, it must be able to reach the provider's keys, and its clock must be right";

/** One token for everything that talks to the coordinator: kept, refreshed ahead of its end, asked for once at a time. */
export class AccessTokens implements Credentials {
  readonly #settings: AccessTokenSettings;
  readonly #backoff: Backoff;
  readonly #life = new AbortController();
  #held: Held | undefined;
  #pending: Promise<Held> | undefined;
  #failure: TokenUnavailable | undefined;
  /** Begins when a refusal led to a new token: if that one is refused as well, another will hardly do better. */
  readonly #refusals: Backoff;
  /** The last ones, the oldest first. */
  readonly #masked: (() => void)[] = [];
  /** The last token whose refusal was told of. */
  #refused: Held | undefined;

  constructor(settings: AccessTokenSettings) {
    this.#settings = settings;
    this.#backoff = new Backoff(settings.timing);
    const { refusalBaseMs, refusalCapMs } = settings.timing;
    this.#refusals = new Backoff({ backoffBaseMs: refusalBaseMs, backoffCapMs: refusalCapMs });
  }

  /** Waits for a token only when there is no valid one. Rejects with `TokenUnavailable`. */
  async headers(_url: string, signal?: AbortSignal): Promise<Record<string, string>> {
    return headersWith(this.#valid() ?? (await unlessAborted(this.#refresh(), signal)));
  }

  /** Asks for another token after a refusal: once for all who were refused, and not again and again for the same reason. */
  async rejected(
    url: string,
    { status }: { readonly status: number },
    sent: Readonly<Record<string, string>>,
  ): Promise<boolean> {
    const held = this.#held;
    if (held && headersWith(held).authorization !== sent["authorization"]) return true;
    this.#tellOfRefusal(url, status);
    if (this.#refusals.isOn) return false;
    try {
      const renewed = await this.#refresh();
      if (!this.#refusals.isOn) this.#refusals.begin();
      return renewed.value !== held?.value;
    } catch {
      return false;
    }
  }

  /** The beat: refreshes the token ahead of its end, and asks again after failures, so that runs need not wait. Never rejects. */
  async refreshWhenDue(): Promise<void> {
    const due = this.#held ? performance.now() >= this.#held.refreshAt : this.#failure !== undefined;
    if (!due || this.#backoff.isOn) return;
    await this.#refresh().then(
      () => this.#refusals.reset(),
      () => {},
    );
  }

  /** Often enough that a twentieth of the token's life is left for the refresh. */
  beatSeconds(): number {
    const life = this.#held?.lifeSeconds ?? Number.POSITIVE_INFINITY;
    return Math.min(LONGEST_BEAT_SECONDS, Math.max(SHORTEST_BEAT_SECONDS, life / 20));
  }

  /** Gives up a request that is under way. */
  close(): void {
    this.#life.abort();
  }

  #valid(): Held | undefined {
    return this.#held && performance.now() < this.#held.expiresAt ? this.#held : undefined;
  }

  /** Concurrent callers share one request; during a back-off they share the failure that led to it. */
  #refresh(): Promise<Held> {
    if (this.#backoff.isOn && this.#failure) return Promise.reject(this.#failure);
    this.#pending ??= this.#request().finally(() => {
      this.#pending = undefined;
    });
    return this.#pending;
  }

  async #request(): Promise<Held> {
    const askedAt = performance.now();
    try {
      const token = await this.#settings.obtain(this.#life.signal);
      this.#held = heldFrom(token, askedAt);
      this.#mask(token);
      this.#tellOfSuccess(token);
      this.#failure = undefined;
      this.#backoff.reset();
      return this.#held;
    } catch (thrown) {
      this.#failure = thrown instanceof TokenUnavailable ? thrown : unforeseen(thrown);
      this.#backoff.begin(this.#failure.retryAfterMs);
      this.#tellOfFailure(this.#failure);
      throw this.#failure;
    }
  }

  #mask({ value }: AccessToken): void {
    this.#masked.push(this.#settings.secrets.register(value, "the access token"));
    if (this.#masked.length > MOST_MASKED) this.#masked.shift()?.();
  }

  #tellOfSuccess({ lifeSeconds }: AccessToken): void {
    const { audience, log } = this.#settings;
    const details = { audience, valid_seconds: lifeSeconds };
    if (this.#failure) log.info(details, "the provider hands out access tokens again");
    else log.debug(details, "obtained an access token");
  }

  #tellOfFailure({ message }: TokenUnavailable): void {
    const { failures, loud, waitMs } = this.#backoff;
    if (!loud || this.#life.signal.aborted) return;
    const valid = this.#valid();
    const left = valid && Math.round((valid.expiresAt - performance.now()) / 1_000);
    const meanwhile = valid ? `the token at hand stays in use for ${left} s more` : "there is no valid token to use";
    const again = `asking again in ${Math.ceil(waitMs / 1_000)} s at the earliest`;
    this.#settings.log.warn({ failures }, `${message} Meanwhile ${meanwhile}; ${again}`);
  }

  /** Once for each token. */
  #tellOfRefusal(url: string, status: number): void {
    const { audience, log } = this.#settings;
    if (this.#refused === this.#held) return;
    this.#refused = this.#held;
    const refused = `${new URL(url).origin} refuses the access token`;
    if (this.#refusals.isOn) log.error({ audience, status }, `${refused}, and it is a new one. ${REFUSAL_FIX}`);
    else log.warn({ audience, status }, `${refused}; another one is asked for. If that is refused too: ${REFUSAL_FIX}`);
  }
}

function heldFrom(token: AccessToken, askedAt: number): Held {
  const { lifeSeconds } = token;
  const refreshAfter = Math.max(lifeSeconds - REFRESH_AHEAD_SECONDS, lifeSeconds * REFRESH_AT_PART_OF_LIFE);
  return { ...token, refreshAt: askedAt + refreshAfter * 1_000, expiresAt: askedAt + lifeSeconds * 1_000 };
}

function headersWith({ value }: AccessToken): { authorization: string } {
  return { authorization: `Bearer ${value}` };
}

function unforeseen(thrown: unknown): TokenUnavailable {
  const problem = thrown instanceof Error ? thrown.message : String(thrown);
  return new TokenUnavailable(`no access token: ${problem}`, "See the cause.", { cause: thrown });
}

/** The value, or the signal's reason once it is aborted; the request goes on for the others. */
async function unlessAborted<T>(value: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return value;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([value, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
