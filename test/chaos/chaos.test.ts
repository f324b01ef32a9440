import { expect, it } from "vitest";
import { runChaos } from "./run-chaos.ts";

const RUNS = 300;
const SEED = 7;

it("loses, doubles and disorders nothing, and leaves nothing behind", { timeout: 300_000 }, async () => {
  const { text, lastLine, green } = await runChaos({ seed: SEED, runs: RUNS, slots: 8, stallSeconds: 60 });
  expect(green, `npm run chaos -- --runs ${RUNS} --seed ${SEED}\n${text}`).toBe(true);
  expect(lastLine).toBe("lost=0 doubled=0 disordered=0 survivors=0");
});
