import type { EmbeddedCoordinatorOptions } from "./options.ts";
import type { RecordEntry } from "./record.ts";
import type { Guard } from "./server.ts";

/** What an embedder may put in the place of the coordinator's own parts. */
export type EmbeddedCoordinatorParts = {
  /** The time in milliseconds since the epoch; `Date.now` by default. Timers keep to real time. */
  now?: () => number;
  /** Takes the start-up line. */
  log?: (line: string) => void;
  /** Judges every request before anything else does, but for the authentication that the options ask for. */
  guard?: Guard;
};

/** A coordinator that is listening. */
export type EmbeddedCoordinator = AsyncDisposable & {
  /** Where it listens, without a slash at the end. */
  readonly url: string;
  readonly port: number;
  /** The last requests in the order of their answers; it grows while requests come in. */
  readonly record: readonly RecordEntry[];
  /** The first wanted entry of the record, kept or still to come; rejects with the signal's reason. */
  recorded(wanted: (entry: RecordEntry) => boolean, signal?: AbortSignal): Promise<RecordEntry>;
  /** Resolves when a poll of this runner waits for work, at once if one does already. */
  polling(runnerId: string): Promise<void>;
  /**
   * Lets the runner that registers under this host name take the place of the one with this id: its agents, and the runs
   * that wait for it; the old one ends what it has. Until then nothing changes. The function returned takes it back.
   */
  replaceRunner(runnerId: string, hostname: string): () => void;
  /** Checks runners and unmatched runs now instead of at the next interval (protocol §2.8). */
  checkLifecycle(): void;
  /** Ends abandoned sessions now instead of at the next interval (protocol §2.8). */
  reap(): void;
  /** Ends every open poll, stream and connection at once and frees port and data file. May be repeated. */
  close(): Promise<void>;
};

/**
 * Starts an AOF-compatible coordinator in this process, for development, demos and tests. Several may run side by
 * side, each on its own port and data. Rejects on wrong options (a ZodError), an unusable data file or a taken port.
 */
export async function startEmbeddedCoordinator(
  options: EmbeddedCoordinatorOptions = {},
  parts: EmbeddedCoordinatorParts = {},
): Promise<EmbeddedCoordinator> {
  // Loaded here: a runner that only has the plugin in its list shall not pay for an HTTP server and a database.
  const { listenAsCoordinator } = await import("./listen.ts");
  return listenAsCoordinator(options, parts);
}
