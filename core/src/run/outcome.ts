import type { JsonValue } from "../json/value.ts";
import { isReceipt, type KillReceipt } from "./resource.ts";

export type OutcomeStatus = "succeeded" | "failed" | "refused" | "stopped";

/** What a run produced, kept as text so that numbers and key order survive: `json` is one JSON document. */
export interface Result {
  readonly format: "json" | "text";
  readonly text: string;
}

/** Why a run did not succeed: a stable code, a sentence for people, and the status a source may map it to. */
export interface RunError {
  readonly code: string;
  readonly message: string;
  readonly status?: number;
  /** After how many seconds another attempt may succeed, where that is known. */
  readonly retryAfterSeconds?: number;
}

/** Milliseconds since the lease arrived. */
export interface Timings {
  readonly leased?: number;
  readonly executing?: number;
  readonly executed?: number;
  readonly settled?: number;
}

/** The one answer a run is settled with. */
export interface Outcome {
  readonly status: OutcomeStatus;
  readonly result?: Result;
  readonly error?: RunError;
  readonly exitCode?: number;
  readonly signal?: string;
  /** Bytes that an output limit cut away, per stream. */
  readonly truncated?: { readonly stdout?: number; readonly stderr?: number };
  readonly timings?: Timings;
  /** Whether the session ends with this run or waits for another turn. */
  readonly session: "finished" | "idle";
  /** What was done to end the processes or containers of the run, where something was ended. */
  readonly receipt?: KillReceipt;
}

/** The parts of an outcome that go beside its status. */
export type OutcomeDetails = Partial<Omit<Outcome, "status" | "result" | "error">>;

export function succeeded(result?: Result | JsonValue, details: OutcomeDetails = {}): Outcome {
  return outcome("succeeded", { ...details, ...(result === undefined ? {} : { result: toResult(result) }) });
}

/** A failed outcome. A plain sentence gets the code `RUN_FAILED`. */
export function failed(error: RunError | string, details: OutcomeDetails & { result?: Result } = {}): Outcome {
  return outcome("failed", { ...details, error: toRunError(error, "RUN_FAILED") });
}

export function refused(error: RunError | string, details: OutcomeDetails = {}): Outcome {
  return outcome("refused", { ...details, error: toRunError(error, "RUN_REFUSED") });
}

export function stopped(error: RunError | string, details: OutcomeDetails & { result?: Result } = {}): Outcome {
  return outcome("stopped", { ...details, error: toRunError(error, "RUN_STOPPED") });
}

/** The outcome with another result: the one way in which a tap on `onResult` changes what a run produced. */
export function withResult(of: Outcome, result: Result | JsonValue): Outcome {
  return Object.freeze({ ...of, result: toResult(result) });
}

/** One JSON document, given as text that is passed on byte for byte. */
export function jsonResult(text: string): Result {
  return Object.freeze({ format: "json", text });
}

/** Free text, for agents that answer in prose. */
export function textResult(text: string): Result {
  return Object.freeze({ format: "text", text });
}

/** Whether a plugin's answer is an outcome; the core checks every one that crosses its border. */
export function isOutcome(value: unknown): value is Outcome {
  if (typeof value !== "object" || value === null) return false;
  const { status, session, result, error, exitCode, receipt, timings } = value as Partial<Outcome>;
  return (
    (status === "succeeded" || status === "failed" || status === "refused" || status === "stopped") &&
    (session === "finished" || session === "idle") &&
    (result === undefined || isResult(result)) &&
    (status === "succeeded" || isRunError(error)) &&
    (exitCode === undefined || typeof exitCode === "number") &&
    (receipt === undefined || isReceipt(receipt)) &&
    (timings === undefined || (typeof timings === "object" && timings !== null))
  );
}

function outcome(status: OutcomeStatus, details: Partial<Outcome>): Outcome {
  return Object.freeze({ session: "finished" as const, ...details, status });
}

function toResult(value: Result | JsonValue): Result {
  if (isResult(value)) return value;
  const text: string | undefined = JSON.stringify(value);
  if (text === undefined) throw new TypeError(`a result must be JSON; a ${typeof value} is none`);
  return jsonResult(text);
}

function isResult(value: unknown): value is Result {
  if (typeof value !== "object" || value === null || Object.keys(value).length !== 2) return false;
  const { format, text } = value as Partial<Result>;
  return (format === "json" || format === "text") && typeof text === "string";
}

function toRunError(error: RunError | string, code: string): RunError {
  return typeof error === "string" ? { code, message: error } : error;
}

function isRunError(value: unknown): value is RunError {
  if (typeof value !== "object" || value === null) return false;
  const { code, message } = value as Partial<RunError>;
  return typeof code === "string" && typeof message === "string";
}
