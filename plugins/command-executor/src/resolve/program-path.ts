/**
 * Where a command's first word points: an absolute word as it is, any other below `directory`. `..` is left to the
 * operating system, for a link on the way may lead elsewhere; `PATH` is never searched (protocol §4.2).
 */
export function programPath(directory: string, word: string): string {
  const path = word.startsWith("/") ? word : `${directory}/${word}`;
  const steps = path.split("/").filter((step) => step !== "" && step !== ".");
  return `/${steps.join("/")}`;
}
