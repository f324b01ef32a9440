import type { Readable } from "node:stream";
import type Docker from "dockerode";
import { unreachedCode } from "../engine/engine-error.ts";
import { OkenError } from "../oken-error.ts";
import { BuildLog, type BuildMessage } from "./build-log.ts";

export interface BuildOrder {
  readonly context: Readable;
  readonly tag: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly usesBuildKit: boolean;
  readonly signal: AbortSignal;
  readonly onLine?: ((line: string) => void) | undefined;
}

/** Has the engine build an image and answers the log. Rejects with an `OkenError`: `BUILD_FAILED` with the log, or `CONTAINER_ERROR` for an engine that is away. */
export async function runBuild(docker: Docker, order: BuildOrder): Promise<string> {
  const log = new BuildLog(order.onLine);
  try {
    await follow(await start(docker, order), log);
  } catch (error) {
    log.end();
    throw failure(error, order.signal, log);
  } finally {
    // An engine that refuses the build does not read the context to its end.
    order.context.destroy();
  }
  log.end();
  if (log.error !== undefined) throw buildFailed(log.error, log);
  return log.text;
}

/** dockerode opens a session for `"2"`, whose only use is private registries and which outlives an aborted build. */
const BUILDKIT: Readonly<Record<string, unknown>> = { version: 2 };

async function start(docker: Docker, { context, tag, labels, usesBuildKit, signal }: BuildOrder) {
  const builder = usesBuildKit ? BUILDKIT : {};
  return docker.buildImage(context, { t: tag, labels, forcerm: true, abortSignal: signal, ...builder });
}

/** One JSON object a line. */
async function follow(answer: NodeJS.ReadableStream, log: BuildLog): Promise<void> {
  let rest = "";
  answer.setEncoding("utf8");
  for await (const chunk of answer) {
    const lines = `${rest}${chunk}`.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line.trim() !== "") log.take(JSON.parse(line) as BuildMessage);
  }
  if (rest.trim() !== "") log.take(JSON.parse(rest) as BuildMessage);
}

function failure(error: unknown, signal: AbortSignal, log: BuildLog): OkenError {
  if (signal.aborted) return buildFailed(reasonOf(signal.reason), log, error);
  const code = unreachedCode(error);
  if (code !== undefined)
    return new OkenError("CONTAINER_ERROR", `Failed to build image: the Docker engine cannot be reached (${code})`, {
      cause: error,
      buildLog: log.text,
    });
  return buildFailed(reasonOf(error), log, error);
}

function buildFailed(reason: string, log: BuildLog, cause?: unknown): OkenError {
  const tail = log.tail === "" ? "" : `\n${log.tail}`;
  return new OkenError("BUILD_FAILED", `Failed to build image: ${reason}${tail}`, { buildLog: log.text, cause });
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
