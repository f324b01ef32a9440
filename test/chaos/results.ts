import type { PlannedRun } from "./plan.ts";

/** The file of the script behind the agent `scripted`. It names its version at its top and at its end: a torn one shows. */
export function scriptOf(version: number): string {
  const bulk = `# version ${version} `.repeat(50);
  return [
    "#!/bin/bash",
    '. "$CHAOS_WORLD/agents/begin"',
    `top=${version}`,
    ...Array.from({ length: 20 }, () => bulk),
    `printf '{"top": %d, "answer": %s, "end": %d}\\n' "$top" "$2" ${version}`,
    "",
  ].join("\n");
}

/** Whether a session's events hold what the process of its run wrote, byte for byte and once. */
export function isIntact({ behaviour, text }: PlannedRun, events: string): boolean {
  if (events.split(text).length !== 2) return false;
  if (behaviour !== "scripted") return true;
  const [before = "", after = ""] = events.split(text);
  const top = /\{"top": (\d+), "answer": $/.exec(before)?.[1];
  return top !== undefined && after.startsWith(`, "end": ${top}}`);
}
