import { configError, type OkenError } from "../oken-error.ts";

/**
 * The components of a member's name below the agent's folder; none for the folder itself. Backslashes separate, as the
 * Oken CLI writes them on Windows (spec §2.1). Throws an `OkenError`: `Path traversal` for what leaves the folder
 * (spec §3.2), compared by component (OKEN-D24).
 */
export function memberPath(name: string, pathBytes: number): string[] {
  if (Buffer.byteLength(name) > pathBytes) throw refused(name, `has a path longer than ${pathBytes} bytes`);
  if (/[\p{Cc}\u2028\u2029\ufffd]/u.test(name) || !name.isWellFormed())
    throw refused(name, "has a name with control characters, or one that is not UTF-8");
  const spelled = name.replaceAll("\\", "/");
  if (/^([a-z]:)?\//i.test(spelled)) throw traversal(name);
  const path = resolveSteps([], spelled);
  if (path === undefined) throw traversal(name);
  const long = path.find((component) => component.length * 3 > 255 && Buffer.byteLength(component) > 255);
  if (long !== undefined) throw refused(name, "has a part longer than 255 bytes");
  return path;
}

/** Follows relative steps from a place; nothing when they leave the root. */
export function resolveSteps(from: readonly string[], steps: string): string[] | undefined {
  const path = [...from];
  for (const step of steps.split("/")) {
    if (step === "" || step === ".") continue;
    if (step !== "..") path.push(step);
    else if (path.pop() === undefined) return undefined;
  }
  return path;
}

/** A member or link that would land or point outside the agent's folder. */
export function traversal(name: string): OkenError {
  return configError(`Path traversal: member ${shown(name)} leaves the archive`);
}

export function refused(name: string, problem: string): OkenError {
  return configError(`tarball: member ${shown(name)} ${problem}`);
}

/** A name as an error shows it: on one line, and not longer than a person reads. */
function shown(name: string): string {
  const text = JSON.stringify(name.length > 120 ? `${name.slice(0, 120)}…` : name);
  return `'${text.slice(1, -1).replaceAll('\\"', '"')}'`;
}
