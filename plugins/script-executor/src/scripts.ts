import { type Token, token } from "leasehold";

/** Where scripts come from: a source hands it over, with its own credentials and connections inside. */
export interface ScriptOrigin {
  /** The names of all scripts that it has. Rejects when it cannot say. */
  list(signal: AbortSignal): Promise<readonly string[]>;
  /**
   * A script as a gzip-compressed tar, everything under `<name>/` (protocol §2.6); nothing when the origin says that it has
   * no such script. Rejects when it cannot say. The stream is read to its end or destroyed.
   */
  download(name: string, signal: AbortSignal): Promise<AsyncIterable<Uint8Array> | undefined>;
}

/** A script's folder in the hands of a run: its files stay as they are until `release` is called. */
export interface HeldScript {
  readonly directory: string;
  /** Names this state of the script; absent for a folder that somebody else has put there, which may change at any time. */
  readonly version?: string;
  /** May be called more than once. */
  release(): void;
}

/** The scripts below `<project directory>/scripts`, kept in step with one origin. Names are checked here. */
export interface Scripts {
  /** From now on scripts come from this origin; an earlier one is forgotten. */
  connect(origin: ScriptOrigin): void;
  /** Fetches these scripts, again and again until it works, something newer is asked for or the origin has none. Never throws. */
  sync(names: readonly string[]): void;
  /** Removes these scripts as far as they were installed from here; one in use when its last run ends. Never throws. */
  remove(names: readonly string[]): void;
  /** Asks the origin for its list, fetches all of it and removes what the origin no longer has. Never throws. */
  reconcile(): void;
  /** Names of the scripts that were installed from an origin. */
  installed(): Promise<readonly string[]>;
  /**
   * Resolves when a run may use the script. Rejects with a `ScriptFault` when there is none or it does not arrive in time,
   * and with the signal's reason.
   */
  ready(name: string, signal: AbortSignal): Promise<void>;
  /** The folder of a script that is ready, for executors that run it in their own way. Rejects as `ready` does. */
  hold(name: string, signal: AbortSignal): Promise<HeldScript>;
}

/** For other plugins: `token<Scripts>("script-executor/scripts")` is the same. */
export const ScriptsToken: Token<Scripts> = token("script-executor/scripts");
