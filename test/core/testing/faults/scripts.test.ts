import { coordinator } from "@leasehold/coordinator";
import { startEmbeddedCoordinator } from "@leasehold/embedded-coordinator";
import { succeeded } from "leasehold";
import {
  coordinatorRestart,
  duplicateLease,
  type FaultScript,
  halfOpenSocket,
  lostAcknowledgement,
  startRunner,
  together,
  unauthorizedInMidRun,
} from "leasehold/testing";
import { describe, expect, it } from "vitest";
import { executor } from "../../../fixtures/kinds.ts";

type Make = (seed: number) => FaultScript;
const scripts: Record<string, Make> = {
  "lost acknowledgement": (seed) => lostAcknowledgement({ seed }),
  "duplicate lease": () => duplicateLease(),
  "401 in mid-run": (seed) => unauthorizedInMidRun({ seed }),
  "half-open socket": (seed) => halfOpenSocket({ seed }),
  "coordinator restart": (seed) => coordinatorRestart({ seed }),
  "two at once": (seed) => together(lostAcknowledgement({ seed }), coordinatorRestart({ seed })),
};
const cases = Object.entries(scripts).flatMap(([name, make]) => [1, 2].map((seed) => ({ name, make, seed })));

describe("a fault script", () => {
  it.each(cases)("lets every run settle once: $name, seed $seed", async ({ make, seed }) => {
    const executed: string[] = [];
    const met: string[] = [];
    const counts = executor((run) => {
      executed.push(run.id);
      return succeeded(run.id);
    });
    const script = noting(make(seed), met);
    await using bench = await startRunner([coordinator(), counts], {
      coordinator: (options) => startEmbeddedCoordinator({ ...options, pollTimeoutSeconds: 1 }),
      faults: script,
      agents: [{ name: "any", command: "any" }],
    });
    const runs = await Promise.all([1, 2, 3].map(() => bench.submit({ agent: "any" })));
    for (const run of runs) await run.delivered;
    expect(executed.toSorted()).toEqual(runs.map(({ id }) => id).toSorted());
    expect(met.length).toBeGreaterThan(0);
  });

  it("decides the same by the same seed", () => {
    const decisions = (script: FaultScript) =>
      Array.from({ length: 40 }, (_, n) => script.next("POST", `/runner/runs/${n % 7}/completed`));
    expect(decisions(lostAcknowledgement({ seed: 7 }))).toEqual(decisions(lostAcknowledgement({ seed: 7 })));
    expect(decisions(halfOpenSocket({ seed: 1 }))).not.toEqual(decisions(halfOpenSocket({ seed: 2 })));
  });
});

function noting(script: FaultScript, met: string[]): FaultScript {
  return {
    name: script.name,
    next(method, path) {
      const fault = script.next(method, path);
      if (fault) met.push(fault.kind);
      return fault;
    },
  };
}
