import { styleText } from "node:util";
import type { TerminalStream } from "../../plugin/command.ts";
import type { Finding } from "./finding.ts";

/** One line each, failures with their fix, and a line with the sum. */
export function asLines(findings: readonly Finding[], stdout: TerminalStream): string {
  const names = findings.map(nameOf);
  const width = Math.max(...names.map((name) => name.length));
  const lines = findings.map((finding, index) => {
    const mark = stdout.isTTY ? styleText(finding.ok ? "green" : "red", markOf(finding)) : markOf(finding);
    return `${mark} ${(names[index] ?? "").padEnd(width)}  ${onOneLine(textOf(finding))}`.trimEnd();
  });
  const failures = findings.filter(({ ok }) => !ok).length;
  return `${lines.join("\n")}\n\n${failures === 0 ? "All is well." : `${failures} of ${findings.length} checks failed.`}\n`;
}

/** `{ ok, checks: [{ check, plugin, ok, detail | problem, fix }] }` */
export function asJson(findings: readonly Finding[]): string {
  const checks = findings.map(({ check, plugin, ...result }) => ({ check, plugin: plugin ?? null, ...result }));
  return `${JSON.stringify({ ok: checks.every(({ ok }) => ok), checks }, null, 2)}\n`;
}

function nameOf({ check, plugin }: Finding): string {
  return plugin === undefined ? check : `${plugin}: ${check}`;
}

function markOf({ ok }: Finding): string {
  return ok ? "✓" : "✗";
}

function textOf(finding: Finding): string {
  if (finding.ok) return finding.detail ?? "";
  return `${finding.problem.replace(/[.\s]+$/, "")}. ${finding.fix}`;
}

function onOneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, " ");
}
