import { access, constants, open, stat } from "node:fs/promises";
import type { ProcessSpec } from "leasehold";
import { isBinary } from "./binary-formats.ts";
import { launchError, nullByteError, toLaunchError } from "./launch-errors.ts";

/** What the kernel reads of a file to find out how to execute it. */
const HEADER_BYTES = 256;
const DEEPEST_INTERPRETER = 4;
/** How long what was found of a program or a directory is taken to hold, in milliseconds. */
const HOLDS_MS = 1_000;

/**
 * Finds the `LaunchError` that executing a program would meet. The C library's way to execute hands a file without a known
 * header to a shell, so what the kernel would refuse must be found before. What passed a moment ago passes again: looking
 * anew would cost a run more than the rest of its launch, and could be overtaken all the same.
 */
export class LaunchCheck {
  /** Until when what passed is taken to pass, by `performance.now()`. */
  readonly #passed = new Map<string, number>();

  /** Answers whether it looked just now. Rejects with the `LaunchError`. */
  async assert({ file, args, cwd, env }: ProcessSpec): Promise<boolean> {
    const words = [file, cwd, ...args, ...Object.keys(env), ...Object.values(env)];
    if (words.some((word) => word.includes("\0"))) throw nullByteError();
    const now = performance.now();
    const pair = `${cwd}\0${file}`;
    if ((this.#passed.get(pair) ?? 0) > now) return false;
    await assertExecutable(file, cwd, file, 0);
    await assertDirectory(cwd);
    for (const [passed, until] of this.#passed) if (until <= now) this.#passed.delete(passed);
    this.#passed.set(pair, now + HOLDS_MS);
    return true;
  }

  /** Whether a program that has passed is still there: one that another executes fails with that one's words. */
  async assertThere({ file }: ProcessSpec): Promise<void> {
    await assertAccess(file, file);
  }

  /** It did not start after all. */
  forget({ file, cwd }: ProcessSpec): void {
    this.#passed.delete(`${cwd}\0${file}`);
  }
}

/** `program` is what errors name: a missing interpreter counts as its script's fault. */
async function assertExecutable(file: string, cwd: string, program: string, depth: number): Promise<void> {
  const header = await readHeader(file, program);
  if (header === undefined || isBinary(header)) return;
  const interpreter = interpreterOf(header);
  if (interpreter === undefined || depth === DEEPEST_INTERPRETER) throw launchError("ENOEXEC", program);
  await assertExecutable(interpreter.startsWith("/") ? interpreter : `${cwd}/${interpreter}`, cwd, program, depth + 1);
}

/** The file's first bytes; nothing when it may be executed but not read. */
async function readHeader(path: string, program: string): Promise<Buffer | undefined> {
  await assertAccess(path, program);
  return readStart(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "EACCES") return undefined;
    throw toLaunchError(error, program);
  });
}

async function assertAccess(path: string, program: string): Promise<void> {
  try {
    await access(path, constants.X_OK);
  } catch (error) {
    throw toLaunchError(error, program);
  }
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
