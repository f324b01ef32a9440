import { beforeAll, expect, test } from "vitest";
import { describeWithEngine, engine } from "../engine.ts";
import { invoke } from "../local-api.ts";
import { deploy, type Files, type OkenRunner, okenPlace, okenRunner, python, tidiedAfterAll } from "../oken-api.ts";

/** Servers of the detection's names that need no installation: what matters is which type is seen, and that it is served. */
const SERVERS: Files = {
  "tiny.py": `import json, os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
class Endpoint(BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer({"ready": True})
    def do_POST(self):
        given = json.loads(self.rfile.read(int(self.headers["content-length"])))["input"]
        self.answer({"output": {"served": given}})
    def answer(self, content):
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
class App:
    def __init__(self, *names):
        pass
    def run(self):
        ThreadingHTTPServer(("0.0.0.0", int(os.environ["PORT"])), Endpoint).serve_forever()
`,
  "fastapi.py": "from tiny import App as FastAPI\n",
  "flask.py": "from tiny import App as Flask\n",
  "starlette.py": "from tiny import App as Starlette\n",
  "uvicorn.py": "from tiny import App\ndef run(app, **where):\n    App().run()\n",
  "langchain.py":
    "class Chain:\n    async def ainvoke(self, given):\n        return {'chained': given}\ndef create_agent(model):\n    return Chain()\n",
  "crewai.py":
    "class Agent:\n    def __init__(self, role):\n        self.role = role\nclass Crew:\n    def __init__(self, agents):\n        self.agents = agents\n    def kickoff(self):\n        return [agent.role for agent in self.agents]\n",
};
const LANGCHAIN = `from langchain import create_agent
class LangChainAgent:
    def __init__(self, model="m"):
        self.chain = create_agent(model)
    async def invoke(self, input):
        return await self.chain.ainvoke(input)
`;
const CREWAI = `from crewai import Agent, Crew
class ResearchAgent:
    def setup(self):
        self.crew = Crew(agents=[Agent(role="r")])
    def run(self, input):
        return {"roles": self.crew.kickoff()}
`;
const RUN = "\n    def run(self, input):\n        return {'run': True}\n";

describeWithEngine("the kind of an entrypoint, as it is deployed", { timeout: 120_000 }, () => {
  const tidied = tidiedAfterAll();
  let api: OkenRunner;
  beforeAll(async () => {
    api = await okenRunner(await okenPlace(tidied), {}, [], tidied);
  });

  test.each<[string, string, string, object]>([
    ["a plain handler (T58)", "def handler(input):\n    return {'by': 'handler'}\n", "handler", { by: "handler" }],
    ["an async handler (T59)", "async def handler(input):\n    return {'by': 'a'}\n", "handler", { by: "a" }],
    ["main (T60)", "def main(input): return {'by': 'main'}", "handler", { by: "main" }],
    ["invoke (T61)", "def invoke(input): return {'by': 'invoke'}", "handler", { by: "invoke" }],
    ["run (T62)", "def run(input): return {'by': 'run'}", "handler", { by: "run" }],
    ["class Agent with run (T63)", `class Agent:${RUN}`, "agent", { run: true }],
    [
      "MyAgent with setup and run (T64)",
      "class MyAgent:\n    def setup(self): self.n = 7\n    def run(self, i): return {'n': self.n}",
      "agent",
      { n: 7 },
    ],
    ["AsyncAgent (T65)", "class AsyncAgent:\n    async def run(self, i): return {'a': 1}", "agent", { a: 1 }],
    ["TaskAgent with invoke (T66)", "class TaskAgent:\n    def invoke(self, i): return {'t': 1}", "agent", { t: 1 }],
    ["CallableAgent (T67)", "class CallableAgent:\n    def __call__(self, i): return {'c': 1}", "agent", { c: 1 }],
    ["a LangChain-style class (T68, T148)", LANGCHAIN, "agent", { chained: { n: 1 } }],
    ["a CrewAI-style class beside an imported Agent (T69, T149)", CREWAI, "agent", { roles: ["r"] }],
    [
      "a FastAPI app (T70, T150)",
      "from fastapi import FastAPI\napp = FastAPI()\napp.run()",
      "http",
      { served: { n: 1 } },
    ],
    ["a Flask app (T71)", "from flask import Flask\napp = Flask(__name__)\napp.run()", "http", { served: { n: 1 } }],
    [
      "a Starlette app (T72)",
      "from starlette import Starlette\nx = Starlette()\nx.run()",
      "http",
      { served: { n: 1 } },
    ],
    ["uvicorn.run (T73)", "import uvicorn\nuvicorn.run('a:b')", "http", { served: { n: 1 } }],
    [
      "FastAPI and a handler (T74)",
      "from fastapi import FastAPI\ndef handler(i): return {}\napp = FastAPI()\napp.run()",
      "http",
      { served: { n: 1 } },
    ],
    ["a handler and an agent class (T75)", `def handler(i): return {}\nclass Agent:${RUN}`, "agent", { run: true }],
  ])("is seen and called: %s", async (title, source, type, output) => {
    const id = idOf(title);
    expect((await deploy(api.url, id, { ...SERVERS, ...python(source) })).body).toMatchObject({ status: "running" });
    expect(await typeOf(id)).toBe(type);
    expect((await invoke(api.url, id, { input: { n: 1 } })).body).toEqual({ output, error: null });
  });

  test.each<[string, string, string]>([
    ["a syntax error (T76)", "def handler(:", "SyntaxError"],
    [
      "an unrelated class (T77)",
      "def help(): pass\nclass AgentNotes:\n    def text(self): pass",
      "nothing that can be called",
    ],
    ["an empty file (T79)", "", "nothing that can be called"],
    ["only comments (T80)", "# nothing\n# here", "nothing that can be called"],
  ])("is handler, and its author is told: %s", async (title, source, words) => {
    const id = idOf(title);
    const { status, body } = await deploy(api.url, id, python(source));
    expect({ status, body }).toMatchObject({ status: 200, body: { status: "error", endpoint: null } });
    expect(body.error).toMatch(/ready/i);
    expect(body.error).toContain(words);
    expect(await typeOf(id)).toBe("handler");
  });

  test.each(["handler", "agent", "http"])(
    "is what the configuration says, without a look: %s (T93 to T96, T99, T177)",
    async (type) => {
      const source =
        type === "http" ? "from tiny import App\nApp().run()\n" : `def handler(i): return {}\nclass Agent:${RUN}`;
      const files = { ...SERVERS, ...python(source, `name = "a"\nentrypoint_type = "${type}"\n`) };
      expect((await deploy(api.url, `stated-${type}`, files)).body).toMatchObject({ status: "running" });
      expect(await typeOf(`stated-${type}`)).toBe(type);
    },
  );

  test("is none but these three (T96)", async () => {
    expect(await deploy(api.url, "other", python("", 'name = "a"\nentrypoint_type = "cgi"\n'))).toMatchObject({
      status: 400,
      body: { code: "CONFIG_ERROR", error: expect.stringContaining("entrypoint_type") },
    });
  });
});

const idOf = (title: string) => title.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");

/** The type that an agent's container was given. */
async function typeOf(agentId: string): Promise<string | undefined> {
  const { docker } = engine();
  const label = [`oken.agent_id=${agentId}`];
  const [found] = await docker.listContainers({ all: true, filters: { label } });
  const { Config } = await docker.getContainer(found?.Id ?? "").inspect();
  return Config.Env.find((entry) => entry.startsWith("OKEN_ENTRY_TYPE="))?.split("=")[1];
}
