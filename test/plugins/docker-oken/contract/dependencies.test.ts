import { beforeAll, expect, test } from "vitest";
import { describeWithEngine, engine } from "../engine.ts";
import { servePackages } from "../image/package-index.ts";
import { uvLock } from "../image/uv-lock.ts";
import { makeWheel } from "../image/wheel.ts";
import { invoke } from "../local-api.ts";
import { deploy, type Files, type OkenRunner, okenPlace, okenRunner, tidiedAfterAll } from "../oken-api.ts";

const WHEEL = makeWheel("oken-greeting", "1.2.3", 'TEXT = "greeting 1.2.3"\n');
const NEWER = makeWheel("oken-greeting", "2.0.0", 'TEXT = "greeting 2.0.0"\n');

/** An agent of each kind; each answers what `said` is. */
const KINDS: Readonly<Record<string, string>> = {
  handler: "def handler(input):\n    return {'says': said}\n",
  agent: "class Agent:\n    async def run(self, input):\n        return {'says': said}\n",
  http: `import json, os, signal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
class Endpoint(BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer({})
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.answer({"output": {"says": said}})
    def answer(self, content):
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
ThreadingHTTPServer(("0.0.0.0", int(os.environ["PORT"])), Endpoint).serve_forever()
`,
};
const PROJECT = (needs: string) =>
  `[project]\nname = "demo"\nversion = "0.1.0"\nrequires-python = ">=3.9"\ndependencies = ["${needs}"]\n`;

const agentOf = (kind: string, said: string, more: Files = {}): Files => ({
  "oken.toml": `name = "some"\nentrypoint_type = "${kind}"\n`,
  "main.py": `${said}\n${KINDS[kind]}`,
  ...more,
});

const GREETS = "from oken_greeting import TEXT as said";
const kinds = Object.keys(KINDS);

describeWithEngine("agents of the three kinds", { timeout: 120_000 }, () => {
  const tidied = tidiedAfterAll();
  let api: OkenRunner;
  let origin: string;
  beforeAll(async () => {
    const place = await okenPlace(tidied);
    const index = await servePackages(engine().docker, [WHEEL, NEWER]);
    tidied(index.close);
    origin = index.origin;
    api = await okenRunner(place, { pythonIndexUrl: index.url }, [], tidied);
  });

  test.each(kinds)("need no dependency file: %s", async (kind) => {
    expect(await said(`bare-${kind}`, agentOf(kind, "said = 'nothing needed'"))).toBe("nothing needed");
  });

  test.each(kinds)("have the requirements of an index: %s", async (kind) => {
    const files = { "requirements.txt": "oken-greeting==1.2.3\n" };
    expect(await said(`required-${kind}`, agentOf(kind, GREETS, files))).toBe("greeting 1.2.3");
  });

  test.each(kinds)("have what the lock of their project says: %s", async (kind) => {
    const files = { "pyproject.toml": PROJECT("oken-greeting>=1"), "uv.lock": uvLock(WHEEL, origin) };
    expect(await said(`locked-${kind}`, agentOf(kind, GREETS, files))).toBe("greeting 1.2.3");
  });

  async function said(id: string, files: Files): Promise<unknown> {
    expect((await deploy(api.url, id, files)).body).toMatchObject({ status: "running", error: null });
    return (await invoke(api.url, id, { input: {} })).body.output.says;
  }
});

describeWithEngine("PyPI", { timeout: 120_000 }, () => {
  test.for<[string, Files]>([
    ["requirements", { "requirements.txt": "iniconfig==2.0.0\n" }],
    ["project", { "pyproject.toml": PROJECT("iniconfig==2.0.0") }],
  ])("is the index where none is named, for a file of %s", async ([name, files], { skip }) => {
    if (!(await containersReach("https://pypi.org/simple/iniconfig/"))) skip("containers do not reach pypi.org");
    const api = await okenRunner(await okenPlace());
    const source = "from iniconfig import __name__ as said";
    expect((await deploy(api.url, name, agentOf("handler", source, files))).body).toMatchObject({ status: "running" });
    expect((await invoke(api.url, name, { input: {} })).body.output).toEqual({ says: "iniconfig" });
  });
});

async function containersReach(url: string): Promise<boolean> {
  const { docker, baseImage } = engine();
  const program = `import urllib.request; urllib.request.urlopen("${url}", timeout=5)`;
  const container = await docker.createContainer({ Image: baseImage, Cmd: ["python3", "-c", program] });
  try {
    await container.start();
    return (await container.wait()).StatusCode === 0;
  } finally {
    await container.remove({ force: true });
  }
}
