import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { describeWithEngine, engine } from "../engine.ts";
import { agentId, openPool, poolPlace } from "./pool.ts";

describeWithEngine("the secrets of an agent", () => {
  it("arrive as they are, whatever they hold", async () => {
    const { deploy, call } = await openPool();
    const id = agentId();
    const secrets = {
      LINES: "-----BEGIN KEY-----\nabc\r\n\tdef\n-----END KEY-----\n",
      EQUALS: "a=b==c=",
      SHELL: "$HOME `id` $(id) \"'\\ %s {{.ID}}",
      EMPTY: "",
      UNICODE: "żółć \u{1f512} \u0001\u007f",
      BLANKS: "  x  ",
      LONG: "x".repeat(100_000),
      a_lower: "y",
      __proto__x: "z",
      ["N".repeat(1_000)]: "long name",
    };
    await expect(deploy(id, { secrets })).resolves.toMatchObject({ status: "running" });
    const { output } = await call(id, { environment: true });
    expect(output["environment"]).toMatchObject(secrets);
  });

  it("that are too long fail the deployment in words, and leave nothing behind", async () => {
    const { agents, deploy, options, mask } = await openPool();
    const deploying = deploy(agentId(), { secrets: { FIRST: "sesame street", HUGE: "sesame".repeat(40_000) } });
    const thrown = await deploying.catch((reason) => reason);
    expect(thrown).toMatchObject({ code: "CONFIG_ERROR", message: expect.stringContaining("HUGE") });
    expect(thrown.message).not.toContain("sesame");
    expect(agents.list()).toEqual([]);
    expect(mask(agentId(), "sesame street")).toBe("sesame street");
    await expect(readdir(join(options.dataDir, "incoming"))).resolves.toEqual([]);
  });

  it("that are together too long for any process fail it in words that hide them", async () => {
    const { deploy, status } = await openPool();
    const id = agentId();
    const many = Array.from({ length: 60 }, (_, at) => [`S${at}`, "sesame".repeat(18_000)]);
    const answer = await deploy(id, { secrets: Object.fromEntries(many) });
    expect(answer).toMatchObject({ status: "error", error: expect.stringContaining("argument list too long") });
    expect(answer.error).not.toContain("sesame");
    expect(status(id)).toBe("error");
  });

  it("stand in no address that the engine is asked at, where its log and proxies would keep them", async () => {
    const place = await poolPlace();
    const watched = await watchedEngine();
    const { deploy, call } = await openPool({ ...place, dockerHost: watched.host });
    const id = agentId();
    await deploy(id, { secrets: { KEY: "sesame-street" } });
    await expect(call(id, { environment: true })).resolves.toMatchObject({
      output: { environment: { KEY: "sesame-street" } },
    });
    expect(watched.addresses).toContainEqual(expect.stringContaining("/containers/create"));
    expect(watched.addresses.filter((address) => address.includes("sesame"))).toEqual([]);
  });
});

/** The engine behind a door that notes the address of every request. */
async function watchedEngine() {
  const addresses: string[] = [];
  const { host } = engine();
  const { hostname, port } = new URL(host);
  const reach = () =>
    host.startsWith("unix://") ? connect(host.slice("unix://".length)) : connect(Number(port), hostname);
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const behind = reach();
    for (const socket of [client, behind]) sockets.add(socket.on("error", () => undefined));
    client.on("data", (chunk) => {
      const line = /^[A-Z]+ (\S+)/.exec(chunk.toString("latin1"));
      if (line) addresses.push(line[1] ?? "");
    });
    client.pipe(behind).pipe(client);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { host: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`, addresses };
}
