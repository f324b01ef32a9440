// npm run bench -- [--quick] [--only NAME] [--json FILE]
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { holdContest } from "./hold-contest.ts";
import type { Row } from "./measure.ts";
import { measures } from "./measures/all.ts";
import { table } from "./table.ts";

const { values: flags } = parseArgs({
  options: { quick: { type: "boolean", default: false }, only: { type: "string" }, json: { type: "string" } },
});
const { only = "" } = flags;
const chosen = measures.filter(({ name }) => name.includes(only));
if (chosen.length === 0) {
  process.stderr.write(
    `no measure is called "${only}"; there are:\n${measures.map(({ name }) => `  ${name}\n`).join("")}`,
  );
  process.exit(2);
}
const rows: Row[] = [];
const hasEngine = await engineAnswers();
for (const measure of chosen) {
  if (measure.needs === "docker" && !hasEngine) {
    process.stderr.write(`${measure.name}: left out, no Docker engine answers; see npm run engine -- up\n`);
    continue;
  }
  process.stderr.write(`${measure.name} …\n`);
  rows.push(await holdContest(measure, flags.quick ? "quick" : "full"));
}
process.stdout.write(`${table(rows)}\n`);
if (flags.json !== undefined) await writeFile(flags.json, `${JSON.stringify(rows, null, 2)}\n`);

async function engineAnswers(): Promise<boolean> {
  if (!chosen.some(({ needs }) => needs === "docker")) return false;
  const { default: Docker } = await import("dockerode");
  return new Docker().ping().then(
    () => true,
    () => false,
  );
}
