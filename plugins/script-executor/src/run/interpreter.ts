import { access, constants, open } from "node:fs/promises";
import { basename, resolve } from "node:path";

/** The program that a `#!` line asks for. */
export interface Interpreter {
  /** The line as it stands there. */
  readonly line: string;
  /** A path, or a name that `env` looks up on `PATH`. */
  readonly program: string;
}

/** What the kernel reads of a file to find out how to execute it. */
const HEADER_BYTES = 256;

/** The interpreter that a file names in its first line; nothing when it names none. */
export async function interpreterOf(file: string): Promise<Interpreter | undefined> {
  await using handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEADER_BYTES), 0, HEADER_BYTES, 0);
  return parseShebang(buffer.toString("utf8", 0, bytesRead));
}

/** `#!/usr/bin/env -S uv run --script` asks for `uv`, `#!/bin/sh -e` for `/bin/sh`. */
export function parseShebang(text: string): Interpreter | undefined {
  const line = text.split("\n", 1)[0]?.trimEnd() ?? "";
  if (!line.startsWith("#!")) return undefined;
  const [first, ...words] = line
    .slice(2)
    .trim()
    .split(/[ \t]+/);
  if (!first) return undefined;
  const program = basename(first) === "env" ? (programOfEnv(words) ?? first) : first;
  return { line, program };
}

/** Flags that take the next word when they stand alone. */
const WITH_VALUE = /^(-[uC]|--unset|--chdir)$/;

/** The first word after `env`'s own flags and assignments. */
function programOfEnv(words: readonly string[]): string | undefined {
  const split = words.flatMap((word) => /^(?:-v?S|--split-string=)(.+)$/.exec(word)?.[1] ?? word);
  for (let at = 0; at < split.length; at++) {
    const word = split[at] ?? "";
    if (WITH_VALUE.test(word)) at++;
    else if (!word.startsWith("-") && !/^[A-Za-z_]\w*=/.test(word)) return word;
  }
  return undefined;
}

/** Whether a program can be executed from `directory`: a path as it is, a name somewhere on `path`. */
export async function isThere(program: string, path: string, directory: string): Promise<boolean> {
  const places = program.includes("/") ? [""] : path.split(":");
  for (const place of places) if (await isExecutable(resolve(directory, place, program))) return true;
  return false;
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
