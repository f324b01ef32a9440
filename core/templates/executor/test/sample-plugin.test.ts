import { definePlugin, entrypoint } from "leasehold";
import { startRunner } from "leasehold/testing";
import { expect, it } from "vitest";
import { samplePlugin } from "../src/index.ts";

declare module "leasehold" {
  interface EntrypointKinds {
    greedy: Record<never, never>;
  }
}

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

it("takes its agents before those who take every command", async () => {
  const greedy = definePlugin({
    name: "greedy",
    apiVersion: 1,
    setup: ({ hooks }) => hooks.resolveEntrypoint.tap(() => entrypoint("greedy", {})),
  });
  await using bench = await startRunner([greedy(), samplePlugin()]);
  const run = await bench.submit({ agent, parameters: { text: "you" } });
  expect((await run.outcome).result?.text).toContain("you");
});
