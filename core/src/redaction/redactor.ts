import type { Transform } from "node:stream";

/** Masks secrets in what is passed on: each becomes `********`, everything else stays as it is, byte for byte. */
export interface Redactor {
  /** The text without secrets, and without their base64, URL-encoded and JSON-escaped forms. The same text when there is none. */
  text(text: string): string;
  /**
   * Bytes through which logs of children or containers go, one stream each. Secrets that are cut by chunks are found; no
   * more is held back than what may be the beginning of one. What is registered later counts from the next chunk on.
   */
  stream(): Transform;
}

/** Secrets that are masked in one scope, e.g. a run. */
export interface Secrets extends Redactor {
  /**
   * Masks a value from now on in all that leaves its scope; a value of several lines line by line as well. Under 6
   * characters, or of backslashes alone, it is not masked, with one warning that calls it `name`, so `name` must say no
   * more than e.g. the name of a variable. Call what is returned when the value is one no longer; a value that was
   * registered twice stays until then twice. Throws `SECRET_TOO_LONG` above 128 Ki characters, as much as Linux lets a
   * variable hold.
   */
  register(value: string, name: string): () => void;
}

/** The runner's own secrets, as a plugin registers them: masked everywhere, in results too. */
export interface RunnerSecrets extends Secrets {
  /**
   * Secrets of one agent: masked in events, errors and log lines of its runs, and in the streams that this object makes,
   * which mask the runner's own as well. Results keep them, unless `redactResults` is set.
   */
  ofAgent(agent: string): Secrets;
}

export const MASK = "********";
