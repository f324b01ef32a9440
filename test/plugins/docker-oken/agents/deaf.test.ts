import { expect, it } from "vitest";
import { describeWithEngine } from "../engine.ts";
import { agentId, openPool, poolPlace } from "./pool.ts";

describeWithEngine("an agent that ignores the wish to end", () => {
  it("is ended all the same: by a stop, by a newer version, by the runner's end", { timeout: 120_000 }, async () => {
    const place = await poolPlace();
    const { agents, deploy, call, containers } = await openPool(place);
    const [stopped, replaced] = [agentId("stopped"), agentId("replaced")];
    for (const id of [stopped, replaced]) await deploy(id, { secrets: { BOOT: "signal-deaf" } });
    const replacing = deploy(replaced, { secrets: { BOOT: "signal-deaf", VERSION: "two" } });
    await Promise.all([agents.stop(stopped), replacing]);
    await expect(call(replaced)).resolves.toMatchObject({ output: { version: "two" } });
    await expect.poll(containers, { timeout: 20_000 }).toMatchObject([{ name: `oken-${replaced}` }]);
    await agents.close();
    await expect(containers()).resolves.toMatchObject([{ name: `oken-${replaced}`, state: "exited" }]);
    const next = await openPool(place);
    await expect(next.call(replaced)).resolves.toMatchObject({ output: { version: "two" } });
  });

  it("makes room for another one nevertheless", { timeout: 120_000 }, async () => {
    const { deploy, call, status } = await openPool(poolPlace({ maxRunning: 1 }));
    const [deaf, other] = [agentId("deaf"), agentId("other")];
    await deploy(deaf, { secrets: { BOOT: "signal-deaf" } });
    await expect(deploy(other)).resolves.toMatchObject({ status: "running" });
    expect(status(deaf)).toBe("stopped");
    const answers = await Promise.all([call(deaf), call(other), call(deaf), call(other)]);
    expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200, 200]);
  });
});
