import path from "node:path";

/** Makes a directory absolute; one that already is stays as written, since it is part of the runner's identity (protocol §1.1). */
export function absolute(base: string, directory: string): string {
  return path.isAbsolute(directory) ? directory : path.resolve(base, directory);
}
