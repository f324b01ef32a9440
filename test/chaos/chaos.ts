// npm run chaos -- --runs 2000 --seed 7
import { parseArgs } from "node:util";
import { runChaos } from "./run-chaos.ts";
import { type Mutation, mutations } from "./runner/mutations.ts";

const MUTATED_RUNS = 120;
/** What a mutation has lost does not come back. */
const MUTATED_STALL_SECONDS = 15;

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
const broken = new AbortController();
const { signal } = broken;
for (const name of ["SIGINT", "SIGTERM"] as const)
  process.once(name, () => broken.abort(new Error(`the play was broken off by ${name}`)));
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
    signal,
  });
  if (process.stderr.isTTY) process.stderr.write("\r");
  console.log(verdict.text);
  return verdict.green ? 0 : 1;
}

/** Each takes one promise away, and the suite has to notice every time; but nothing while nothing is taken away. */
async function playMutations(): Promise<number> {
  const unnoticed = [await isAsExpected("nothing off"), ...(await inTurn(mutations))].filter((noticed) => !noticed);
  return unnoticed.length === 0 ? 0 : 1;
}

async function inTurn(all: readonly Mutation[]): Promise<boolean[]> {
  const noticed: boolean[] = [];
  for (const mutation of all) noticed.push(await isAsExpected(mutation.name, mutation));
  return noticed;
}

async function isAsExpected(name: string, mutation?: Mutation): Promise<boolean> {
  const settings = {
    seed,
    runs: MUTATED_RUNS,
    slots: Number(values.slots),
    stallSeconds: MUTATED_STALL_SECONDS,
    signal,
  };
  const { count, green, lastLine } = await runChaos({ ...settings, mutation: mutation?.name });
  const expected = mutation ? count(mutation.expects) > 0 : green;
  const wanted = mutation ? `${mutation.expects} above zero` : "zeros";
  console.log(`${expected ? "as expected" : "UNEXPECTED"}  ${name.padEnd(24)} ${wanted.padEnd(24)} ${lastLine}`);
  return expected;
}
