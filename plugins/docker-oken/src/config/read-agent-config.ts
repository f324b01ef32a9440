import { join } from "node:path";
import { parse, TomlError } from "smol-toml";
import { configError } from "../oken-error.ts";
import type { AgentConfig } from "./agent-config.ts";
import { parseAgentConfig } from "./parse-agent-config.ts";
import { FileTooLarge, readBounded } from "./read-bounded.ts";

const FILE = "oken.toml";
const LARGEST = 256 * 1024;

/** Reads the folder's `oken.toml`. Rejects with an `OkenError` of code `CONFIG_ERROR` that names what is wrong. */
export async function readAgentConfig(folder: string): Promise<AgentConfig> {
  return parseAgentConfig(tableOf(textOf(await bytesOf(folder))));
}

async function bytesOf(folder: string): Promise<Buffer> {
  try {
    return await readBounded(join(folder, FILE), LARGEST);
  } catch (error) {
    if (error instanceof FileTooLarge) throw configError(`Invalid oken.toml: ${error.message}`, { cause: error });
    const { code = "" } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") throw configError("oken.toml not found at the root of the archive", { cause: error });
    throw configError(`Invalid oken.toml: it cannot be read (${code})`, { cause: error });
  }
}

function textOf(bytes: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw configError("Invalid oken.toml: it is not UTF-8", { cause: error });
  }
}

/** Integers become bigints, so that `60` and `60.0` stay apart. */
function tableOf(text: string): Readonly<Record<string, unknown>> {
  try {
    return parse(text, { integersAsBigInt: true });
  } catch (error) {
    if (!(error instanceof TomlError) && !(error instanceof RangeError)) throw error;
    const [problem = ""] = error.message.split("\n");
    const place = error instanceof TomlError ? ` (line ${error.line}, column ${error.column})` : "";
    throw configError(`Invalid oken.toml: ${problem}${place}`, { cause: error });
  }
}
