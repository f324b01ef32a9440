import { startRunner } from "leasehold/testing";
import { expect, it } from "vitest";
import { samplePlugin } from "../src/index.ts";

const agent = { name: "hello", command: "sample-plugin" };

it("greets as it is configured to", async () => {
  await using bench = await startRunner([samplePlugin({ greeting: "Good morning," })]);
  const run = await bench.submit({ agent, parameters: { text: "you", times: 2 } });
  expect((await run.outcome).result?.text).toBe("Good morning, you\nGood morning, you\n");
});

it("leaves other agents to other executors", async () => {
  await using bench = await startRunner([samplePlugin()]);
  const run = await bench.submit({ agent: { name: "other", command: "bin/other" } });
  expect((await run.outcome).error?.message).toContain("the agent's command is not sample-plugin");
});
