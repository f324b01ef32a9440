import { decline, entrypoint, failed, jsonResult, succeeded, textResult } from "leasehold";
import { describe, expect, it } from "vitest";
import { boot, leased, plugin } from "../../fixtures/runner.ts";

declare module "leasehold" {
  interface EntrypointKinds {
    told: Record<never, never>;
  }
}

const GIVEN = "of-the-run of-the-agent of-the-runner";
const MASK = "********";

async function outcomeOf(answer: Parameters<typeof tell>[0], options = {}) {
  const { runner } = await boot([tell(answer)], options);
  return runner.execute(leased());
}

const tell = (answer: "text" | "json" | "number" | "large" | "failure" | "large failure") =>
  plugin("teller", ({ hooks, secrets }) => {
    secrets.register("of-the-runner", "runner");
    secrets.register("123456789", "number");
    secrets.ofAgent("echo").register("of-the-agent", "agent");
    hooks.resolveEntrypoint.tap((run) => (run.agent.name === "echo" ? entrypoint("told", {}) : decline("not mine")));
    hooks.execute.for("told").tap((run) => {
      run.secrets.register("of-the-run", "run");
      if (answer === "failure") return failed({ code: "X", message: GIVEN });
      if (answer === "large failure")
        return failed({ code: "X", message: `${"x".repeat(131_070)}of-the-run${"y".repeat(900_000)}` });
      if (answer === "json") return succeeded(jsonResult(`{"b": 1.50, "a": ${JSON.stringify(GIVEN)}}`));
      if (answer === "number") return succeeded(jsonResult('{"pin": 123456789}'));
      return succeeded(
        textResult(answer === "large" ? `${"x".repeat(262_140)}of-the-runner${"y".repeat(300_000)}` : GIVEN),
      );
    });
  });

describe("an outcome", () => {
  it("keeps its result but for the runner's own credentials", async () => {
    expect((await outcomeOf("text")).result?.text).toBe(`of-the-run of-the-agent ${MASK}`);
    expect((await outcomeOf("json")).result?.text).toBe(`{"b": 1.50, "a": "of-the-run of-the-agent ${MASK}"}`);
  });

  it("loses everything secret where that is asked for", async () => {
    expect((await outcomeOf("text", { redactResults: true })).result?.text).toBe(`${MASK} ${MASK} ${MASK}`);
  });

  it("loses everything secret from its error", async () => {
    expect((await outcomeOf("failure")).error?.message).toBe(`${MASK} ${MASK} ${MASK}`);
  });

  it("loses it where turns meet in a long error too", async () => {
    const message = (await outcomeOf("large failure")).error?.message;
    expect(message).toBe(`${"x".repeat(131_070)}${MASK}${"y".repeat(900_000)}`);
  });

  it("stays JSON when a number was secret", async () => {
    expect((await outcomeOf("number")).result?.text).toBe(`"${MASK}"`);
  });

  it("is masked where turns meet, however large", async () => {
    expect((await outcomeOf("large")).result?.text).toBe(`${"x".repeat(262_140)}${MASK}${"y".repeat(300_000)}`);
  });
});
