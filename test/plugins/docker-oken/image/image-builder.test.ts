import { randomUUID } from "node:crypto";
import { rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createLogger } from "../../../../core/src/log/create-logger.ts";
import type { AgentConfig } from "../../../../plugins/docker-oken/src/config/agent-config.ts";
import { readAgentConfig } from "../../../../plugins/docker-oken/src/config/read-agent-config.ts";
import { decideEntrypoint } from "../../../../plugins/docker-oken/src/detection/decide-entrypoint.ts";
import type { BuildOptions, BuildRequest } from "../../../../plugins/docker-oken/src/image/build-request.ts";
import { IMAGE_LABEL } from "../../../../plugins/docker-oken/src/image/image-budget.ts";
import { ImageBuilder } from "../../../../plugins/docker-oken/src/image/image-builder.ts";
import { listImages } from "../../../../plugins/docker-oken/src/image/list-images.ts";
import { options } from "../../../../plugins/docker-oken/src/options.ts";
import { describeWithEngine, engine } from "../engine.ts";
import { agentFolder } from "./agent-folder.ts";
import { servePackages } from "./package-index.ts";
import { runImage } from "./run-image.ts";
import { uvLock } from "./uv-lock.ts";
import { makeWheel } from "./wheel.ts";

const NAMED = { "oken.toml": 'name = "vat"\n' };
const HELLO = { ...NAMED, "main.py": 'def handler(input):\n    return {"hello": input.get("who")}\n' };
const GREETS = {
  ...NAMED,
  "main.py": "import oken_greeting\ndef handler(input):\n    return {'says': oken_greeting.TEXT}\n",
};
const PROJECT = `[project]
name = "demo"
version = "0.1.0"
requires-python = ">=3.9"
dependencies = ["oken-greeting>=1"]
`;
const OLDER = makeWheel("oken-greeting", "1.2.3", 'TEXT = "greeting 1.2.3"\n');
const WHEELS = [OLDER, makeWheel("oken-greeting", "2.0.0", 'TEXT = "greeting 2.0.0"\n')];

describeWithEngine("the image of an agent", () => {
  const instance = `test-${randomUUID()}`;
  let index: Awaited<ReturnType<typeof servePackages>>;

  beforeAll(async () => {
    index = await servePackages(engine().docker, WHEELS);
  });
  afterAll(async () => {
    await index?.close();
    const { docker } = engine();
    for (const { Id } of await listImages(docker, [`${IMAGE_LABEL}=${instance}`]))
      await docker
        .getImage(Id)
        .remove({ force: true })
        .catch(() => undefined);
  });

  function builder(more: Partial<BuildOptions> = {}): ImageBuilder {
    const { docker, baseImage } = engine();
    const given = { ...options.parse({ baseImage, pythonIndexUrl: index.url }), instance, ...more };
    return new ImageBuilder(docker, given, createLogger({ verbose: false }));
  }

  async function build(files: Readonly<Record<string, string>>, more: Partial<BuildRequest & BuildOptions> = {}) {
    await using agent = await agentFolder(files);
    const config: AgentConfig = await readAgentConfig(agent.folder);
    const entrypointType = await decideEntrypoint(agent.folder, config);
    const agentId = `t-${randomUUID()}`;
    return await builder(more).build({ agentId, folder: agent.folder, config, entrypointType, ...more });
  }

  it.each(["buildkit", "classic"] as const)("needs no dependency file, by %s (OKEN-D1, OKEN-D2, T41)", async (kind) => {
    const built = await build({ ...HELLO, "seed.txt": randomUUID() }, { builder: kind });
    expect(built).toMatchObject({ built: true, tag: expect.stringMatching(/^oken-agent:t-/) });
    await using agent = await runImage(engine().docker, built.tag);
    expect(agent.announced).toMatch(/ready on port 8080/);
    expect(await agent.invoke({ who: "you" })).toEqual({ status: 200, body: '{"output":{"hello":"you"}}' });
  });

  it("is not built again for unchanged code, whichever agent", async () => {
    const files = { ...HELLO, "seed.txt": randomUUID() };
    const first = await build(files);
    const again = await build(files);
    expect([first.built, again.built]).toEqual([true, false]);
    expect(again).toMatchObject({ imageId: first.imageId, contentTag: first.contentTag });
    expect(again.tag).not.toBe(first.tag);
  });

  it("is built once for two agents of one content at the same time", async () => {
    const files = { ...HELLO, "seed.txt": randomUUID() };
    await using agent = await agentFolder(files);
    const config = await readAgentConfig(agent.folder);
    const one = builder();
    const both = await Promise.all(
      ["a", "b"].map((name) =>
        one.build({ agentId: `${name}-${randomUUID()}`, folder: agent.folder, config, entrypointType: "handler" }),
      ),
    );
    expect(both.map(({ built }) => built).sort()).toEqual([false, true]);
    expect(both[0]?.imageId).toBe(both[1]?.imageId);
  });

  it.each([
    ["a file's content", { "extra.txt": "other" }],
    ["another file", { "extra2.txt": "" }],
    ["its configuration", { "oken.toml": 'name = "vat"\nconcurrency = 3\n' }],
  ])("is built anew for %s", async (_, change) => {
    const files = { ...HELLO, "extra.txt": "one", "seed.txt": randomUUID() };
    const first = await build(files);
    const second = await build({ ...files, ...change });
    expect(second.built).toBe(true);
    expect(second.imageId).not.toBe(first.imageId);
  });

  it("runs as an ordinary user with the three variables and the working directory (T44)", async () => {
    const source = `import os
def handler(input):
    names = ("OKEN_ENTRYPOINT", "OKEN_ENTRY_TYPE", "PORT")
    return {"uid": os.getuid(), "cwd": os.getcwd(), "env": [os.environ[name] for name in names]}
`;
    const built = await build({ ...NAMED, "main.py": source });
    await using agent = await runImage(engine().docker, built.tag);
    const { body } = await agent.invoke({});
    expect(JSON.parse(body)).toEqual({
      output: { uid: 65532, cwd: "/app", env: ["main.py", "handler", "8080"] },
    });
  });

  it("holds no wrapper for an http agent, whose script is run (T42, T45)", async () => {
    const source = `import http.server, json, os
class Endpoint(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        body = json.dumps({"output": {"main": __name__, "wrapper": os.path.exists("/opt/oken")}}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
server = http.server.HTTPServer(("0.0.0.0", int(os.environ["PORT"])), Endpoint)
os.write(2, b"[oken] ready on port %d\\n" % server.server_port)
server.serve_forever()
`;
    const toml = 'name = "h"\nentrypoint = "serve.py"\nentrypoint_type = "http"\n';
    const built = await build({ "oken.toml": toml, "serve.py": source, "opt/x": "" });
    await using agent = await runImage(engine().docker, built.tag);
    expect(JSON.parse((await agent.invoke({})).body)).toEqual({ output: { main: "__main__", wrapper: false } });
  });

  it.each(["buildkit", "classic"] as const)("has the requirements from a package index, by %s", async (kind) => {
    const built = await build({ ...GREETS, "requirements.txt": "oken-greeting==1.2.3\n" }, { builder: kind });
    await using agent = await runImage(engine().docker, built.tag);
    expect(JSON.parse((await agent.invoke({})).body)).toEqual({ output: { says: "greeting 1.2.3" } });
  });

  it("installs dependencies anew only when their files change", async () => {
    const requirements = `oken-greeting==1.2.3\n# ${randomUUID()}\n`;
    const files = { ...GREETS, "requirements.txt": requirements };
    const downloads = () => index.requests.filter((path) => path.endsWith(".whl")).length;
    await build(files);
    const before = downloads();
    expect((await build({ ...files, "more.txt": "changed" })).built).toBe(true);
    expect(downloads()).toBe(before);
    await build({ ...files, "requirements.txt": `${requirements}# changed\n` });
    expect(downloads()).toBeGreaterThan(before);
  });

  it("prefers a project to requirements and takes the newest without a lock", async () => {
    const files = { ...GREETS, "pyproject.toml": PROJECT, "requirements.txt": "no-such-package\n" };
    const built = await build(files);
    await using agent = await runImage(engine().docker, built.tag);
    expect(JSON.parse((await agent.invoke({})).body)).toEqual({ output: { says: "greeting 2.0.0" } });
  });

  it("keeps to a project's lock", async () => {
    const built = await build({ ...GREETS, "pyproject.toml": PROJECT, "uv.lock": uvLock(OLDER, index.origin) });
    await using agent = await runImage(engine().docker, built.tag);
    expect(JSON.parse((await agent.invoke({})).body)).toEqual({ output: { says: "greeting 1.2.3" } });
  });

  it("installs requirements that lie in the agent's folder", async () => {
    const files = {
      ...NAMED,
      "main.py": "import local_part\ndef handler(input):\n    return {'from': local_part.HERE}\n",
      "requirements.txt": "-r more/requirements.txt\n",
      "more/requirements.txt": "oken-greeting==1.2.3\n",
      "local_part.py": "import oken_greeting\nHERE = oken_greeting.TEXT\n",
    };
    const built = await build(files);
    await using agent = await runImage(engine().docker, built.tag);
    expect(JSON.parse((await agent.invoke({})).body)).toEqual({ output: { from: "greeting 1.2.3" } });
  });

  it.each(["buildkit", "classic"] as const)(
    "fails with the reason and the log, by %s (T43, T84, OKEN-D30)",
    async (kind) => {
      const lines: string[] = [];
      const files = { ...HELLO, "requirements.txt": `no-such-package-${kind}==1\n` };
      const failed = build(files, { builder: kind, onLine: (line) => lines.push(line) });
      const error = await failed.then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(error).toMatchObject({ code: "BUILD_FAILED", status: 400 });
      expect(String(error)).toMatch(/Failed to build image: .*no-such-package/s);
      expect(error).toHaveProperty("buildLog", expect.stringContaining(`no-such-package-${kind}`));
      expect(lines.join("\n")).toContain(`no-such-package-${kind}`);
    },
  );

  it("fails when it takes too long, or its caller leaves", async () => {
    const slow = {
      ...GREETS,
      "pyproject.toml": `${PROJECT}[build-system]\nrequires = []\nbuild-backend = "slow"\nbackend-path = ["."]\n`,
      "slow.py": "import time\ntime.sleep(600)\n",
    };
    await expect(build(slow, { buildTimeoutSeconds: 3 })).rejects.toThrow("it took longer than 3 s");
    const leaving = new AbortController();
    const onLine = (line: string) => line.includes("uv") && leaving.abort(new Error("the caller left"));
    await expect(build({ ...slow, "seed.txt": "" }, { signal: leaving.signal, onLine })).rejects.toThrow(
      "the caller left",
    );
  });

  it("says which Python the base image lacks", async () => {
    const toml = 'name = "a"\npython_version = "3.99"\n';
    await expect(build({ ...HELLO, "oken.toml": toml })).rejects.toMatchObject({
      code: "BUILD_FAILED",
      message: expect.stringMatching(/3\.99/),
    });
  });

  it("waits no longer for the base image than for all of it", async () => {
    // An address that takes connections and says nothing.
    const silent = createServer(() => {});
    await new Promise<void>((listening) => silent.listen(0, "127.0.0.1", listening));
    try {
      const { port } = silent.address() as AddressInfo;
      const failing = build(HELLO, { baseImage: `127.0.0.1:${port}/none:latest`, buildTimeoutSeconds: 1 });
      await expect(failing).rejects.toThrow("it took longer than 1 s");
    } finally {
      silent.close();
    }
  });

  it("says that the base image is missing", async () => {
    const failing = build(HELLO, { baseImage: "127.0.0.1:9/none:latest" });
    await expect(failing).rejects.toMatchObject({
      code: "BUILD_FAILED",
      message: expect.stringContaining("base image 127.0.0.1:9/none:latest"),
    });
  });

  it("is its runner's own: another one that has no use for it any more takes it from nobody", async () => {
    const files = { ...HELLO, "seed.txt": randomUUID() };
    const tight = { instance: `test-${randomUUID()}`, imageBudgetBytes: 0 };
    const others = await build(files, tight);
    const ours = await build(files);
    expect(await builder(tight).enforceBudget()).toEqual([others.imageId]);
    expect(await build(files)).toMatchObject({ built: false, imageId: ours.imageId });
  });

  it("can be of an agent whose id begins with a hyphen (OKEN-D9)", async () => {
    const built = await build(HELLO, { agentId: `-${randomUUID()}` });
    expect(built.tag).toMatch(/^oken-agent:id\./);
  });

  it("loses the agent's tag once, and again without an error (T53, T54)", async () => {
    const agentId = `t-${randomUUID()}`;
    const built = await build(HELLO, { agentId });
    const { docker } = engine();
    await builder().remove(agentId);
    await expect(docker.getImage(built.tag).inspect()).rejects.toThrow();
    await builder().remove(agentId);
    expect(await docker.getImage(built.contentTag).inspect()).toHaveProperty("Id", built.imageId);
  });

  it("goes when the budget asks, the least recently used first, used ones never (OKEN-D34)", async () => {
    const own = { instance: `test-${randomUUID()}`, imageBudgetBytes: 2_500_000 };
    const { docker } = engine();
    const images = builder(own);
    const built: string[] = [];
    for (const name of ["a", "b", "c", "d"]) {
      await using agent = await agentFolder({ ...HELLO, [name]: randomUUID(), "big.bin": "x".repeat(1_000_000) });
      const config = await readAgentConfig(agent.folder);
      const request = { agentId: `${name}-${randomUUID()}`, folder: agent.folder, config };
      built.push((await images.build({ ...request, entrypointType: "handler" })).imageId);
    }
    const [a = "", b = "", c = "", d = ""] = built;
    images.touch(b);
    const holder = await docker.createContainer({ Image: c });
    try {
      expect(await images.enforceBudget(new Set([d]))).toEqual([a, b]);
      expect(await builder(own).enforceBudget()).toEqual([]);
    } finally {
      await holder.remove({ force: true });
      for (const id of built)
        await docker
          .getImage(id)
          .remove({ force: true })
          .catch(() => {});
    }
  });

  it("goes in the order of its last use, not of its making", async () => {
    const own = { instance: `test-${randomUUID()}`, imageBudgetBytes: 1_500_000 };
    const images = builder(own);
    const built: string[] = [];
    for (const name of ["a", "b", "c"]) {
      await using agent = await agentFolder({ ...HELLO, [name]: randomUUID(), "big.bin": "x".repeat(1_000_000) });
      const config = await readAgentConfig(agent.folder);
      const request = { agentId: `${name}-${randomUUID()}`, folder: agent.folder, config };
      built.push((await images.build({ ...request, entrypointType: "handler" })).imageId);
    }
    const [a = "", b = "", c = ""] = built;
    images.touch(a);
    images.touch(b);
    expect(await images.enforceBudget()).toEqual([c, a]);
    await engine().docker.getImage(b).remove({ force: true });
  });

  it("is the same for a folder written in another order", async () => {
    const seed = randomUUID();
    const first = await build({ ...HELLO, a: seed, b: "2" });
    await using agent = await agentFolder({ b: "2", a: seed, gone: "" });
    await rm(join(agent.folder, "gone"));
    for (const [name, content] of Object.entries(HELLO)) await writeFile(join(agent.folder, name), content);
    const config = await readAgentConfig(agent.folder);
    const second = await builder().build({ agentId: "order", folder: agent.folder, config, entrypointType: "handler" });
    expect(second).toMatchObject({ built: false, imageId: first.imageId });
    await builder().remove("order");
  });
});
