import type { NodeKind } from "./script-tree.ts";

/**
 * What is wrong with a symbolic link at `path` (components below the script's folder), if anything. Its target is followed
 * component by component, and must be something of the script without passing another link.
 */
export function linkFault(
  path: readonly string[],
  target: string,
  kindAt: (inside: string) => NodeKind | undefined,
): string | undefined {
  if (target.startsWith("/")) return "has an absolute target";
  if (target === "" || /[\\\p{Cc}\ufffd]/u.test(target)) return "has a target that is no plain path";
  let at = path.slice(0, -1);
  for (const step of target.split("/")) {
    const kind = kindAt(at.join("/"));
    if (kind === "link") return "leads through another link";
    if (kind !== "directory" && kind !== "implied") return "leads nowhere";
    if (step === "" || step === ".") continue;
    if (step === ".." && at.length === 0) return "leaves the script's folder";
    at = step === ".." ? at.slice(0, -1) : [...at, step];
  }
  const kind = kindAt(at.join("/"));
  if (kind === "link") return "leads to another link";
  return kind === undefined ? "leads nowhere" : undefined;
}
