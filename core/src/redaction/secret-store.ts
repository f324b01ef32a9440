import type { Transform } from "node:stream";
import { LeaseholdError } from "../errors/leasehold-error.ts";
import type { Exit } from "./exits.ts";
import { maskText } from "./masking.ts";
import { longTextsIn, maskLongText } from "./masking-long.ts";
import { MaskingStream } from "./masking-stream.ts";
import type { Matcher } from "./matcher.ts";
import { RecentMatchers } from "./recent-matchers.ts";
import { redactError } from "./redact-error.ts";
import { redactValue } from "./redact-value.ts";
import type { RunnerSecrets, Secrets } from "./redactor.ts";
import { isMaskable, Scope } from "./scope.ts";

/** What is secret in one run: its own values, and those of its agent. */
export interface RunSecrets {
  readonly own: Scope;
  readonly agent: Scope;
}

/** The secrets of one run, as the core has them. */
export interface SecretsOfRun {
  readonly scopes: RunSecrets;
  /** The same as the run's plugins have them. */
  readonly secrets: Secrets;
  /** To be called once nothing of the run is told any more. */
  end(): void;
}

/** Values that settings have whose names only seem to speak of a secret: `MAX_TOKENS=100000`. */
const ORDINARY = /^(?:\d{1,11}|true|false|enabled|disabled|required|optional|default|always|auto)$/i;

/** As much as Linux lets a variable hold. Looking for one of that length takes 20 MB and 100 ms of preparation. */
const LONGEST_SECRET = 128 * 1024;

/** All secrets of one runner, and the masking at each of its exits. */
export class SecretStore {
  /** The runner's credentials: masked at every exit. */
  readonly #credentials = new Scope();
  /** What only looks secret, by its name: masked at every exit, but for results. */
  readonly #suspected = new Scope();
  readonly #agents = new Map<string, Scope>();
  /** Of all agents together, and of all runs, for exits that no run is known at. */
  readonly #ofAgents = new Scope();
  readonly #ofRuns = new Scope();
  readonly #ofSingleRuns = new RecentMatchers();
  readonly #short = new Set<string>();
  readonly #shortValues = new Set<string>();
  #warn: ((name: string) => void) | undefined;
  #redactsResults = false;

  /** The runner's own, as plugins register them. */
  readonly runner: RunnerSecrets = Object.freeze<RunnerSecrets>({
    ...this.#facade([this.#credentials], () => this.#ofRunner()),
    ofAgent: (agent: string) => {
      const scope = this.#agentScope(agent);
      return this.#facade([scope, this.#ofAgents], () => [...this.#ofRunner(), scope]);
    },
  });

  /** What a run registers and masks. */
  forRun(agent: string): SecretsOfRun {
    const scopes = { own: new Scope(this.#ofSingleRuns), agent: this.#agentScope(agent) };
    const forgets: (() => void)[] = [];
    let ended = false;
    const add = (value: string) => {
      const forget = this.#ofRuns.add(value);
      if (ended) forget();
      else forgets.push(forget);
      return forget;
    };
    let secrets: Secrets | undefined;
    const facade = () => {
      secrets ??= this.#facade([scopes.own, { add }], () => this.#ofRun(scopes));
      return secrets;
    };
    return {
      scopes,
      get secrets() {
        return facade();
      },
      end() {
        ended = true;
        for (const forget of forgets.splice(0)) forget();
      },
    };
  }

  /** A value that looks secret by its name: never warned of, and kept in results. Plain words and numbers are none. */
  suspect(value: string): void {
    if (isMaskable(value) && !ORDINARY.test(value)) this.#suspected.add(value);
  }

  /** Results lose what is secret in their run as well. */
  redactResults(): void {
    this.#redactsResults = true;
  }

  /** Who hears, once each, of the names of values that are too short; of those so far at once. */
  onShort(warn: (name: string) => void): void {
    this.#warn = warn;
    for (const name of this.#short) warn(name);
  }

  /** A text as it may pass an exit. */
  mask(exit: Exit, text: string, run?: RunSecrets): string {
    return maskText(text, this.matchersAt(exit, run));
  }

  /** JSON, or a value like it, as it may pass an exit: the same where there is nothing to mask. */
  maskValue<T>(exit: Exit, value: T, run?: RunSecrets): T {
    const matchers = this.matchersAt(exit, run);
    return matchers.length === 0 ? value : redactValue(value, (text) => maskText(text, matchers));
  }

  /** The same for what may hold long texts, in turns. */
  async maskLongValue<T>(exit: Exit, value: T): Promise<T> {
    const matchers = this.matchersAt(exit);
    if (matchers.length === 0) return value;
    const masked = new Map<string, string>();
    for (const text of longTextsIn(value)) masked.set(text, await maskLongText(text, matchers));
    return redactValue(value, (text) => masked.get(text) ?? maskText(text, matchers));
  }

  /** Something thrown as it may pass an exit: the same where there is nothing to mask, else a copy of the same class. */
  maskError(exit: Exit, thrown: unknown): unknown {
    const matchers = this.matchersAt(exit);
    return matchers.length === 0 ? thrown : redactError(thrown, (text) => maskText(text, matchers));
  }

  /** What is looked for at an exit; where a run is known, without what is secret in others. */
  matchersAt(exit: Exit, run?: RunSecrets): readonly Matcher[] {
    return matchersOf(this.#scopesAt(exit, run));
  }

  #scopesAt(exit: Exit, run: RunSecrets | undefined): readonly Scope[] {
    if (exit === "result" && this.#redactsResults && run) return this.#ofRun(run);
    if (exit === "result" || exit === "output" || exit === "report") return [this.#credentials];
    return run ? this.#ofRun(run) : [...this.#ofRunner(), this.#ofAgents, this.#ofRuns];
  }

  #ofRunner(): readonly Scope[] {
    return [this.#credentials, this.#suspected];
  }

  #ofRun({ own, agent }: RunSecrets): readonly Scope[] {
    return [...this.#ofRunner(), agent, own];
  }

  #agentScope(agent: string): Scope {
    const known = this.#agents.get(agent);
    if (known) return known;
    const scope = new Scope();
    this.#agents.set(agent, scope);
    return scope;
  }

  #facade(into: readonly Pick<Scope, "add">[], masked: () => readonly Scope[]): Secrets {
    const matchers = () => this.throughStreams(matchersOf(masked()));
    return Object.freeze<Secrets>({
      register: (value, name) => this.#register(value, name, into),
      text: (text: string): string => maskText(text, matchers()),
      stream: (): Transform => new MaskingStream(matchers),
    });
  }

  /** What is looked for in what plugins pass on themselves. */
  protected throughStreams(matchers: readonly Matcher[]): readonly Matcher[] {
    return matchers;
  }

  #register(value: string, name: string, into: readonly Pick<Scope, "add">[]): () => void {
    if (!isMaskable(value)) {
      if (value !== "") this.#tellOfShort(name, value);
      return () => undefined;
    }
    if (value.length > LONGEST_SECRET)
      throw new LeaseholdError("SECRET_TOO_LONG", { name, length: value.length, most: LONGEST_SECRET });
    const forget = into.map((scope) => scope.add(value));
    return () => {
      for (const one of forget) one();
    };
  }

  /** Once for a value that several register, under names of their own. */
  #tellOfShort(name: string, value: string): void {
    if (this.#short.has(name) || this.#shortValues.has(value)) return;
    this.#shortValues.add(value);
    this.#short.add(name);
    this.#warn?.(name);
  }
}

function matchersOf(scopes: readonly Scope[]): Matcher[] {
  return scopes.flatMap(({ matcher }) => matcher ?? []);
}
