import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { isBinary } from "../../../../plugins/command-executor/src/launcher/binary-formats.ts";

/** The first bytes of an ELF file for a machine. */
function elf(machine: number, littleEndian = true): Buffer {
  const header = Buffer.alloc(64);
  header.write("7f454c46", "hex");
  header[5] = littleEndian ? 1 : 2;
  if (littleEndian) header.writeUInt16LE(machine, 18);
  else header.writeUInt16BE(machine, 18);
  return header;
}

describe("isBinary", () => {
  it.each([
    ["x64", elf(62), true],
    ["x64", elf(3), true],
    ["x64", elf(183), false],
    ["arm64", elf(183), true],
    ["arm64", elf(62), false],
    ["s390x", elf(22, false), true],
    ["newer", elf(62), true],
    ["arm64", Buffer.from("cffaedfe0000", "hex"), true],
    ["x64", Buffer.from("7f454c46", "hex"), false],
    ["x64", Buffer.from("MZ-----------------------"), false],
    ["x64", Buffer.alloc(0), false],
  ])("on %s judges the header %#", (architecture, header, expected) => {
    expect(isBinary(header, architecture)).toBe(expected);
  });

  it("knows the machine it runs on", async () => {
    expect(isBinary(await readFile(process.execPath))).toBe(true);
  });
});
