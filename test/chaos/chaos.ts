// npm run chaos -- --runs 2000 --seed 7
import { parseArgs } from "node:util";
import { runChaos } from "./run-chaos.ts";
import { mutations } from "./runner/mutations.ts";

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "2000" },
    seed: { type: "string" },
    slots: { type: "string", default: "8" },
    stall: { type: "string", default: "60" },
    mutation: { type: "string" },
    mutations: { type: "boolean", default: false },
    keep: { type: "boolean", default: false },
  },
});
const seed = values.seed === undefined ? Math.floor(Math.random() * 1_000_000) : Number(values.seed);
process.exitCode = values.mutations ? await playMutations() : await play();

async function play(): Promise<number> {
  const { runs, slots, stall, mutation, keep } = values;
  const command = `npm run chaos -- --runs ${runs} --seed ${seed} --slots ${slots}`;
  console.log(`seed ${seed}; to play the same again: ${command}\n`);
  const onProgress = (settled: number) => {
    if (process.stderr.isTTY) process.stderr.write(`\r${settled} of ${runs} `);
  };
  const verdict = await runChaos({
    seed,
    runs: Number(runs),
    slots: Number(slots),
    stallSeconds: Number(stall),
    mutation,
    keep,
    onProgress,
  });
  if (process.stderr.isTTY) process.stderr.write("\r");
  console.log(verdict.text);
  return verdict.green ? 0 : 1;
}

/** Each takes one promise away; the suite has to notice every time. */
async function playMutations(): Promise<number> {
  let missed = 0;
  for (const { name, expects } of mutations) {
    const runs = values.runs === "2000" ? 120 : Number(values.runs);
    const { count, lastLine } = await runChaos({ seed, runs, slots: 8, stallSeconds: 15, mutation: name });
    const noticed = count(expects) > 0;
    if (!noticed) missed++;
    console.log(`${noticed ? "red, as it has to be" : "NOT NOTICED"}: ${name} (expects ${expects}): ${lastLine}`);
  }
  return missed === 0 ? 0 : 1;
}
