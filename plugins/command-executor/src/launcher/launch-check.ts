import { access, constants, open, stat } from "node:fs/promises";
import type { ProcessSpec } from "leasehold";
import { isBinary } from "./binary-formats.ts";
import { launchError, nullByteError, toLaunchError } from "./launch-errors.ts";

/** What the kernel reads of a file to find out how to execute it. */
const HEADER_BYTES = 256;
const DEEPEST_INTERPRETER = 4;
/** Programs that are remembered; a runner starts the same few again and again. */
const MOST_PROGRAMS = 1_000;
/** A file that changed so many milliseconds ago may change again without the clock of the file system showing it. */
const UNSETTLED_MS = 100;

/** A file as it was when it was found to be executable: any change of it changes its state. */
interface Seen {
  readonly state: string;
  /** Where its interpreter lies, if it has one. */
  readonly interpreter: string | undefined;
}

/**
 * Finds the `LaunchError` that executing a program would meet. The C library's way to execute hands a file without a known
 * header to a shell, so what the kernel would refuse must be found before. A file that has not changed since is not read again.
 */
export class LaunchCheck {
  readonly #seen = new Map<string, Seen>();

  /** Rejects with the `LaunchError`. */
  async assert({ file, args, cwd, env }: ProcessSpec): Promise<void> {
    const words = [file, cwd, ...args, ...Object.keys(env), ...Object.values(env)];
    if (words.some((word) => word.includes("\0"))) throw nullByteError();
    const directory = assertDirectory(cwd);
    directory.catch(() => undefined);
    await this.#assertExecutable(file, cwd, file, 0);
    await directory;
  }

  /** `program` is what errors name: a missing interpreter counts as its script's fault. */
  async #assertExecutable(file: string, cwd: string, program: string, depth: number): Promise<void> {
    const now = await stateOf(file, program);
    const seen = this.#seen.get(file);
    const interpreter = seen?.state === now.state ? seen.interpreter : await readInterpreter(file, program);
    if (now.settled) this.#remember(file, { state: now.state, interpreter });
    if (interpreter === undefined) return;
    if (depth === DEEPEST_INTERPRETER) throw launchError("ENOEXEC", program);
    const path = interpreter.startsWith("/") ? interpreter : `${cwd}/${interpreter}`;
    await this.#assertExecutable(path, cwd, program, depth + 1);
  }

  #remember(file: string, seen: Seen): void {
    if (this.#seen.size >= MOST_PROGRAMS) this.#seen.clear();
    this.#seen.set(file, seen);
  }
}

/** Which file it is, and when it last changed in any way. */
async function stateOf(path: string, program: string): Promise<{ state: string; settled: boolean }> {
  try {
    const { dev, ino, size, ctimeMs, ctimeNs } = await stat(path, { bigint: true });
    return { state: `${dev} ${ino} ${size} ${ctimeNs}`, settled: Date.now() - Number(ctimeMs) > UNSETTLED_MS };
  } catch (error) {
    throw toLaunchError(error, program);
  }
}

/** The interpreter of an executable file; nothing for a binary, or when it may be executed but not read. */
async function readInterpreter(file: string, program: string): Promise<string | undefined> {
  const header = await readHeader(file, program);
  if (header === undefined || isBinary(header)) return undefined;
  const interpreter = interpreterOf(header);
  if (interpreter === undefined) throw launchError("ENOEXEC", program);
  return interpreter;
}

async function readHeader(path: string, program: string): Promise<Buffer | undefined> {
  try {
    await access(path, constants.X_OK);
  } catch (error) {
    throw toLaunchError(error, program);
  }
  return readStart(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "EACCES") return undefined;
    throw toLaunchError(error, program);
  });
}

async function readStart(path: string): Promise<Buffer> {
  await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(HEADER_BYTES), 0, HEADER_BYTES, 0);
  return buffer.subarray(0, bytesRead);
}

/** The first word after `#!`, taken as the kernel takes it. */
function interpreterOf(header: Buffer): string | undefined {
  const [line = ""] = header.toString("utf8").split("\n", 1);
  return /^#![ \t]*([^ \t\0]+)/.exec(line)?.[1];
}

async function assertDirectory(path: string): Promise<void> {
  const found = await stat(path).catch((error: unknown) => {
    throw toLaunchError(error, path);
  });
  if (!found.isDirectory()) throw launchError("ENOTDIR", path);
}
