/** Mach-O in its four and universal forms. */
const MACH_O = ["feedface", "feedfacf", "cefaedfe", "cffaedfe", "cafebabe"];
const ELF = "7f454c46";
/** Where an ELF file names its machine, and the numbers of those that a kernel of each architecture executes. */
const MACHINE_AT = 18;
const MACHINES: Readonly<Record<string, readonly number[]>> = {
  arm: [40],
  arm64: [183, 40],
  ia32: [3],
  loong64: [258],
  ppc64: [21, 20],
  riscv64: [243],
  s390x: [22],
  x64: [62, 3],
};

/** Whether a file with this header is a binary that this machine executes. */
export function isBinary(header: Buffer, architecture: string = process.arch): boolean {
  const magic = header.toString("hex", 0, 4);
  if (magic !== ELF) return MACH_O.includes(magic);
  if (header.length < MACHINE_AT + 2) return false;
  const isLittleEndian = header[5] === 1;
  const machine = isLittleEndian ? header.readUInt16LE(MACHINE_AT) : header.readUInt16BE(MACHINE_AT);
  return MACHINES[architecture]?.includes(machine) ?? true;
}
