import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { isThere, parseShebang } from "../../../../plugins/script-executor/src/run/interpreter.ts";
import { temporaryDirectory } from "../archives.ts";

describe("a first line", () => {
  it.each([
    ["#!/bin/sh", "/bin/sh"],
    ["#! /bin/sh -e", "/bin/sh"],
    ["#!/usr/bin/env python3", "python3"],
    ["#!/usr/bin/env -S uv run --script", "uv"],
    ["#!/usr/bin/env -Suv run --script", "uv"],
    ["#!/usr/bin/env --split-string=uv run", "uv"],
    ["#!/usr/bin/env -S -i PATH=/bin A=1 node --test", "node"],
    ["#!/usr/bin/env -S -u HOME node", "node"],
    ["#!/usr/bin/env", "/usr/bin/env"],
    ["#!/usr/bin/python3\r", "/usr/bin/python3"],
    ["#!/usr/bin/env ./tool", "./tool"],
  ])("%j asks for %s", (line, program) => {
    expect(parseShebang(`${line}\nrest`)).toEqual({ line: line.trimEnd(), program });
  });

  it.each(["", "echo", "#!", "#!  ", " #!/bin/sh", "\x7fELF"])("%j asks for nothing", (line) => {
    expect(parseShebang(`${line}\n`)).toBeUndefined();
  });
});

describe("an interpreter", () => {
  it("is looked for as the kernel and env do", async () => {
    const directory = await temporaryDirectory();
    await writeFile(join(directory, "tool"), "", { mode: 0o755 });
    await writeFile(join(directory, "text"), "", { mode: 0o644 });
    const found = (program: string, path: string) => isThere(program, path, directory);
    expect(await found("tool", `/nowhere:${directory}`)).toBe(true);
    expect(await found("tool", "/nowhere:")).toBe(true);
    expect(await found("./tool", "/nowhere")).toBe(true);
    expect(await found(join(directory, "tool"), "")).toBe(true);
    expect(await found("text", directory)).toBe(false);
    expect(await found("tool", "/nowhere")).toBe(false);
  });
});
