import { readFile, realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { Worker } from "node:worker_threads";
import { type AgentConfig, ENTRYPOINT_TYPES, type EntrypointType } from "../config/agent-config.ts";
import { configError } from "../oken-error.ts";

/** A larger file has to state its type. */
const LARGEST = 2 * 1024 * 1024;
const SECONDS = 20;
const WORKER = new URL(
  import.meta.url.endsWith(".ts") ? "./classify-worker.ts" : "./classify-worker.js",
  import.meta.url,
);

/**
 * The kind of the agent's entrypoint: as stated, else by its text (spec §3.3). Rejects with an `OkenError` of code
 * `CONFIG_ERROR` when the file is absent, no regular file of the folder, or not UTF-8 (OKEN-D8, OKEN-D24).
 */
export async function decideEntrypoint(folder: string, config: AgentConfig): Promise<EntrypointType> {
  const file = await findEntrypoint(folder, config.entrypoint);
  if (config.entrypointType) return config.entrypointType;
  return classifyInWorker(textOf(await readFile(file), config.entrypoint));
}

async function findEntrypoint(folder: string, entrypoint: string): Promise<string> {
  const file = await realpath(join(folder, entrypoint)).catch((error: unknown) => {
    throw configError(`Entrypoint file not found: ${entrypoint}`, { cause: error });
  });
  if (!file.startsWith(`${await realpath(folder)}${sep}`))
    throw configError(`Entrypoint file not found: ${entrypoint} leads out of the archive`);
  const found = await stat(file);
  if (!found.isFile()) throw configError(`Entrypoint file not found: ${entrypoint} is no regular file`);
  if (found.size > LARGEST)
    throw configError(
      `${entrypoint} has ${found.size} bytes, too many to look through: state entrypoint_type in oken.toml`,
    );
  return file;
}

function textOf(bytes: Buffer, entrypoint: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw configError(`${entrypoint} is not UTF-8`, { cause: error });
  }
}

/** A worker of its own, so that neither the grammar's memory nor a hostile text stays. */
async function classifyInWorker(text: string): Promise<EntrypointType> {
  const worker = new Worker(WORKER, { workerData: text, resourceLimits: { maxOldGenerationSizeMb: 256 } });
  const limit = setTimeout(() => void worker.terminate(), SECONDS * 1_000);
  try {
    return await answerOf(worker);
  } finally {
    clearTimeout(limit);
    await worker.terminate();
  }
}

async function answerOf(worker: Worker): Promise<EntrypointType> {
  const unclear = "the entrypoint could not be looked through: state entrypoint_type in oken.toml";
  return new Promise((resolve, reject) => {
    worker.once("message", (answer: unknown) => {
      const type = ENTRYPOINT_TYPES.find((one) => one === answer);
      if (type) resolve(type);
    });
    worker.once("error", (cause) => reject(configError(unclear, { cause })));
    worker.once("exit", () => reject(configError(unclear)));
  });
}
