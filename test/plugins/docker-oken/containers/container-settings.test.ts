import { expect, it } from "vitest";
import { agentId, openPool, poolPlace } from "../agents/pool.ts";
import { describeWithEngine, engine } from "../engine.ts";

describeWithEngine("a container of an agent", () => {
  it("is hardened (OKEN-D26)", async () => {
    const { deploy, call } = await openPool(poolPlace({ pids: 50, cpus: 0.5, logBytes: 1_000_000, logFiles: 3 }));
    const id = agentId();
    await deploy(id);
    const { HostConfig, Config } = await engine().docker.getContainer(`oken-${id}`).inspect();
    expect(HostConfig).toMatchObject({
      ReadonlyRootfs: true,
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges"],
      Memory: 64 * 1024 * 1024,
      MemorySwap: 64 * 1024 * 1024,
      NanoCpus: 500_000_000,
      PidsLimit: 50,
      Privileged: false,
      PortBindings: {},
      LogConfig: { Type: "json-file", Config: { "max-size": "1000000", "max-file": "3" } },
    });
    expect(Config.User).not.toMatch(/^(0|root)?$/);
    const { output } = await call(id, { status: true });
    expect(output["status"]).toMatch(/^CapEff:\s*0+$/m);
    expect(output["status"]).toMatch(/^NoNewPrivs:\s*1$/m);
    expect(output["status"]).toMatch(/^Uid:\s*[1-9]/m);
    await expect(call(id, { write: "/app/file" })).resolves.toMatchObject({ status: 500 });
    await expect(call(id, { write: "/tmp/file" })).resolves.toMatchObject({ status: 200 });
  });

  it("is softened point by point", async () => {
    const soft = { readOnlyRoot: false, dropCapabilities: false, noNewPrivileges: false };
    const { deploy, call } = await openPool(poolPlace(soft));
    const id = agentId();
    await deploy(id);
    const { HostConfig } = await engine().docker.getContainer(`oken-${id}`).inspect();
    expect(HostConfig).toMatchObject({ ReadonlyRootfs: false, CapDrop: null, SecurityOpt: null });
    await expect(call(id, { status: true })).resolves.toMatchObject({
      output: { status: expect.stringMatching(/^NoNewPrivs:\s*0$/m) },
    });
  });

  it("takes the limits of the agent itself, where they are lower", async () => {
    const { deploy } = await openPool(poolPlace({ cpus: 1 }));
    const id = agentId();
    await deploy(id, { limits: { memoryBytes: 50 * 1024 * 1024, cpus: 2, pids: 77 } });
    const { HostConfig } = await engine().docker.getContainer(`oken-${id}`).inspect();
    expect(HostConfig).toMatchObject({ Memory: 50 * 1024 * 1024, NanoCpus: 1_000_000_000, PidsLimit: 77 });
  });

  it("has the labels of the reference runner and our own", async () => {
    const { options, deploy } = await openPool();
    const id = agentId();
    await deploy(id);
    await deploy(id);
    const { Config } = await engine().docker.getContainer(`oken-${id}`).inspect();
    expect(Config.Labels).toMatchObject({
      "oken.agent_id": id,
      "oken.instance": options.instance,
      "oken.version": "2",
      "oken.config": expect.stringMatching(/^[0-9a-f]{16}$/),
    });
  });

  it("cannot reach its neighbours (OKEN-D27)", async () => {
    const { options, deploy, call } = await openPool();
    const [one, other] = [agentId(), agentId()];
    await deploy(one);
    await deploy(other);
    const { NetworkSettings } = await engine().docker.getContainer(`oken-${other}`).inspect();
    const address = NetworkSettings.Networks[options.network]?.IPAddress;
    await expect(call(one, { connect: [address, 8080] })).resolves.toMatchObject({ output: { connected: false } });
    await expect(call(one, { connect: [`oken-${other}`, 8080] })).resolves.toMatchObject({
      output: { connected: false },
    });
  });

  it("reaches its neighbours where isolation is off", async () => {
    const { options, deploy, call } = await openPool(poolPlace({ isolated: false }));
    const [one, other] = [agentId(), agentId()];
    await deploy(one);
    await deploy(other);
    const { NetworkSettings } = await engine().docker.getContainer(`oken-${other}`).inspect();
    const address = NetworkSettings.Networks[options.network]?.IPAddress;
    await expect(call(one, { connect: [address, 8080] })).resolves.toMatchObject({ output: { connected: true } });
  });

  it("is published on loopback only, where it is reached that way", async () => {
    const { deploy, call } = await openPool(poolPlace({ reach: "loopback" }));
    const id = agentId();
    await deploy(id);
    const { NetworkSettings } = await engine().docker.getContainer(`oken-${id}`).inspect();
    expect(NetworkSettings.Ports).toEqual({ "8080/tcp": [{ HostIp: "127.0.0.1", HostPort: expect.any(String) }] });
    await expect(call(id)).resolves.toMatchObject({ status: 200 });
  });

  it("takes ids that make no host name (OKEN-D38)", async () => {
    const { deploy, call } = await openPool();
    const id = agentId("x".repeat(119));
    await expect(deploy(id)).resolves.toMatchObject({ status: "running" });
    await expect(call(id)).resolves.toMatchObject({ status: 200 });
  });
});

describeWithEngine("the agents' network", () => {
  it("is made once and used again (T39, T40)", async () => {
    const place = await poolPlace();
    await (await openPool(place)).agents.close();
    const { docker } = engine();
    const made = await docker.getNetwork(place.network).inspect();
    expect(made).toMatchObject({ Driver: "bridge", Options: { "com.docker.network.bridge.enable_icc": "false" } });
    const { log } = await openPool(place);
    expect((await docker.getNetwork(place.network).inspect()).Id).toBe(made.Id);
    expect(log.filter(({ level }) => level > 30)).toEqual([]);
  });

  it("is warned of where it lets agents meet", async () => {
    const place = await poolPlace();
    await engine().docker.createNetwork({ Name: place.network });
    const { log } = await openPool(place);
    expect(log).toContainEqual(
      expect.objectContaining({ level: 40, msg: expect.stringContaining("reach each other") }),
    );
  });
});
