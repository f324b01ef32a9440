import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";

/** A Python package with one module as a wheel, made without Python. */
export interface Wheel {
  readonly filename: string;
  readonly content: Buffer;
  readonly sha256: string;
}

/** @param name With `-`, as an index names it; the module has `_` instead. */
export function makeWheel(name: string, version: string, module: string): Wheel {
  const stem = name.replaceAll("-", "_");
  const info = `${stem}-${version}.dist-info`;
  const content = zipOf({
    [`${stem}.py`]: module,
    [`${info}/METADATA`]: `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n`,
    [`${info}/WHEEL`]: "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    [`${info}/RECORD`]: `${stem}.py,,\n${info}/METADATA,,\n${info}/WHEEL,,\n${info}/RECORD,,\n`,
  });
  const sha256 = createHash("sha256").update(content).digest("hex");
  return { filename: `${stem}-${version}-py3-none-any.whl`, content, sha256 };
}

/** Stored, not deflated. */
function zipOf(files: Readonly<Record<string, string>>): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, text] of Object.entries(files)) {
    const content = Buffer.from(text);
    const sizes = Buffer.alloc(16);
    // No flags, stored, 1980-01-01.
    sizes.writeUInt32LE(0x00210000, 0);
    sizes.writeUInt32LE(crc32(content), 4);
    sizes.writeUInt32LE(content.length, 8);
    sizes.writeUInt32LE(content.length, 12);
    const lengths = Buffer.alloc(4);
    lengths.writeUInt16LE(name.length, 0);
    const local = Buffer.concat([
      Buffer.from("504b030414000000" + "0000", "hex"),
      sizes,
      lengths,
      Buffer.from(name),
      content,
    ]);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(offset, 10);
    directory.push(
      Buffer.concat([Buffer.from("504b0102140014000000" + "0000", "hex"), sizes, lengths, place, Buffer.from(name)]),
    );
    locals.push(local);
    offset += local.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(directory.length, 8);
  end.writeUInt16LE(directory.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, central, end]);
}
