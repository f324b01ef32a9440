import { randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import { describeWithEngine, engine } from "../engine.ts";
import { ask, invoke } from "../local-api.ts";
import { deploy, type Files, okenPlace, okenRunner, python } from "../oken-api.ts";

/** On a machine that is busy. */
const SOON = { timeout: 20_000 };

const agent = (toml = 'name = "some"\n'): Files => ({
  ...python("def handler(input):\n    return input\n", toml),
  "filler.bin": "x".repeat(1_000_000),
  "seed.txt": randomUUID(),
});

describeWithEngine("the images of a runner's agents", { timeout: 120_000 }, () => {
  it("are used last when their agent was started last", async () => {
    const api = await okenRunner(await okenPlace(), { imageBudgetBytes: 2_500_000, cleanupIntervalSeconds: 1 });
    const imageOf = async (id: string) => (await engine().docker.getContainer(`oken-${id}`).inspect()).Image;
    await deploy(api.url, "sleeper", agent('name = "sleeper"\nwarm_timeout = 0\n'));
    await deploy(api.url, "other-sleeper", agent());
    const [sleepers, others] = [await imageOf("sleeper"), await imageOf("other-sleeper")];
    await expect.poll(async () => (await ask(`${api.url}/agents`)).body.agents[0].status, SOON).toBe("stopped");
    expect((await invoke(api.url, "sleeper", { input: {} })).status).toBe(200);
    for (const id of ["sleeper", "other-sleeper"]) await ask(`${api.url}/stop/${id}`, { method: "POST" });

    await deploy(api.url, "third", agent());
    const there = (id: string) =>
      engine()
        .docker.getImage(id)
        .inspect()
        .then(
          () => true,
          () => false,
        );
    await expect.poll(() => there(others), SOON).toBe(false);
    expect(await there(sleepers)).toBe(true);
  });
});
