import { explain } from "./explain.ts";
import { findingsIn } from "./invariants.ts";
import { Suite, type SuiteSettings } from "./suite.ts";
import { countOf, lastLine, tableOf } from "./table.ts";
import { createWorld } from "./world.ts";

export interface Verdict {
  /** Table, explanations and last line, for people. */
  readonly text: string;
  readonly lastLine: string;
  /** Whether every promise was kept. */
  readonly green: boolean;
  readonly count: (offence: Parameters<typeof countOf>[1]) => number;
}

/** One play of the suite, in a world of its own that is gone afterwards, unless it is to be kept. */
export async function runChaos(settings: SuiteSettings & { readonly keep?: boolean }): Promise<Verdict> {
  const world = await createWorld();
  try {
    const facts = await new Suite(settings, world).play();
    const findings = findingsIn(facts);
    const last = lastLine(findings);
    const explained = findings.length === 0 ? [] : [await explain(findings, world), ""];
    const kept = settings.keep ? [`kept: ${world.directory}`] : [];
    return {
      text: [tableOf(facts), `disk: ${world.disk.kind}`, "", ...explained, ...kept, last].join("\n"),
      lastLine: last,
      green: findings.length === 0,
      count: (offence) => countOf(findings, offence),
    };
  } finally {
    if (!settings.keep) await world.remove();
  }
}
