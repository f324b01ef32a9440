import { afterEach, expect, it, vi } from "vitest";
import { ContainerMaker } from "../../../../plugins/docker-oken/src/agents/container-maker.ts";
import { Engine } from "../../../../plugins/docker-oken/src/engine/engine.ts";
import { describeWithEngine, engine } from "../engine.ts";
import { agentId, openPool } from "./pool.ts";

afterEach(() => void vi.restoreAllMocks());

describeWithEngine("an engine that comes back while a container is made anew for a call", () => {
  it("costs the call nothing", async () => {
    const listen = vi.spyOn(Engine.prototype, "listen");
    const { deploy, call, event, containers } = await openPool();
    const id = agentId();
    await deploy(id, { warmTimeout: 0, secrets: { VERSION: "kept" } });
    await event(id, "stopped");
    const [container] = await containers();
    await engine()
      .docker.getContainer(container?.id ?? "")
      .remove({ force: true });
    const settle = ContainerMaker.prototype.settle;
    const back = vi.fn(async () => listen.mock.calls[0]?.[0].back());
    vi.spyOn(ContainerMaker.prototype, "settle").mockImplementationOnce(async function (this: ContainerMaker, made) {
      await back();
      await settle.call(this, made);
    });
    await expect(call(id)).resolves.toMatchObject({ status: 200, output: { version: "kept" } });
    expect(back).toHaveBeenCalled();
  });
});
