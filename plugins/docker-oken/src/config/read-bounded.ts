import { readFile, stat } from "node:fs/promises";

/** A file of an agent that nobody has any use for, and which would fill the runner's memory. */
export class FileTooLarge extends Error {
  override readonly name = "FileTooLarge";
}

/** A file that is small by its nature: its size is judged before it is read. Rejects with `FileTooLarge`, or as `readFile`. */
export async function readBounded(file: string, mostBytes: number): Promise<Buffer> {
  const { size } = await stat(file);
  if (size > mostBytes) throw new FileTooLarge(`${size} bytes, ${mostBytes} are allowed`);
  return await readFile(file);
}
