import { type DeliveryAnswer, succeeded } from "leasehold";
import { expect, it } from "vitest";
import { executor } from "../../fixtures/kinds.ts";
import { lease } from "../../fixtures/leasing.ts";
import { QueueSource } from "../../fixtures/queue-source.ts";
import { leased } from "../../fixtures/runner.ts";

const SECRET = "granted-to-the-run";

const answering = executor((run) => {
  run.secrets.register(SECRET, "x");
  return succeeded(SECRET);
});

it("a refusal that quotes a settled run's result is masked", async () => {
  const source = new QueueSource();
  const outcome = Promise.withResolvers<void>();
  source.answer = async ({ report, attempt }): Promise<DeliveryAnswer> => {
    await outcome.promise;
    if (report["type"] === "settled" && attempt.number === 1) throw new Error(`refused: ${JSON.stringify(report)}`);
    return "accepted";
  };
  const { log } = await lease([source], [answering]);
  const { result } = await (await source.offer(leased())).outcome;
  expect(result?.text).toContain(SECRET);
  outcome.resolve();
  await source.releases(1);
  const told = JSON.stringify(log);
  expect(told).toContain("refused: ");
  expect(told).not.toContain(SECRET);
});
