import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { classify } from "../../../../plugins/docker-oken/src/detection/classify.ts";

const LANGCHAIN = `from langchain.agents import create_agent
class LangChainAgent:
    def __init__(self, model="m"):
        self.chain = create_agent(model)
    async def invoke(self, input):
        return await self.chain.ainvoke(input)
`;
const CREWAI = `from crewai import Agent, Crew, Task
class ResearchAgent:
    def setup(self):
        self.crew = Crew(agents=[Agent(role="r")], tasks=[Task()])
    def run(self, input):
        return {"r": self.crew.kickoff()}
`;

describe("the kind of an entrypoint", () => {
  it.each([
    ["a plain handler (T58)", "def handler(input):\n    return {}\n", "handler"],
    ["an async handler (T59)", "async def handler(input):\n    return {}\n", "handler"],
    ["main (T60)", "def main(input): return {}", "handler"],
    ["invoke (T61)", "def invoke(input): return {}", "handler"],
    ["run (T62)", "def run(input): return {}", "handler"],
    ["class Agent with run (T63)", "class Agent:\n  def run(self, input): return {}", "agent"],
    ["MyAgent with setup and run (T64)", "class MyAgent:\n  def setup(self): pass\n  def run(self, i): pass", "agent"],
    ["AsyncAgent (T65)", "class AsyncAgent:\n  async def run(self, i): pass", "agent"],
    ["TaskAgent with invoke (T66)", "class TaskAgent:\n  def invoke(self, i): pass", "agent"],
    ["CallableAgent (T67)", "class CallableAgent:\n  def __call__(self, i): pass", "agent"],
    ["a LangChain-style class (T68)", LANGCHAIN, "agent"],
    ["a CrewAI-style class beside an imported Agent (T69)", CREWAI, "agent"],
    ["a FastAPI app (T70)", "from fastapi import FastAPI\napp = FastAPI()", "http"],
    ["a Flask app (T71)", "from flask import Flask\napp = Flask(__name__)", "http"],
    ["a Starlette app (T72)", "from starlette.applications import Starlette\nx = Starlette()", "http"],
    ["uvicorn.run (T73)", "import uvicorn\nuvicorn.run('a:b')", "http"],
    ["FastAPI and a handler (T74)", "app = FastAPI()\ndef handler(i): pass", "http"],
    ["a handler and an agent class (T75)", "def handler(i): pass\nclass Agent:\n  def run(self, i): pass", "agent"],
    ["a syntax error (T76)", "def handler(:", "handler"],
    ["an unrelated class (T77)", "def help(): pass\nclass AgentNotes:\n  def text(self): pass", "handler"],
    ["an empty file (T79)", "", "handler"],
    ["only comments (T80)", "# nothing\n# here", "handler"],
  ])("is decided for %s", (_, text, type) => {
    expect(classify(text)).toBe(type);
  });

  it.each([
    ["a syntax error beats a server", "app = FastAPI(\n", "handler"],
    ["a NUL does not parse", "app = FastAPI()\0", "handler"],
    ["a byte-order mark does not parse", "\ufeffapp = FastAPI()", "handler"],
    ["a server in a comment counts", "# MyFlask( here\n", "http"],
    ["a blank before the parenthesis counts", "app = Starlette ()", "http"],
    ["a chained assignment counts", "a = app = Starlette ()", "http"],
    ["a nested assignment counts", "def f():\n  if x:\n    app = Flask ()", "http"],
    ["a parenthesised call counts", "app = (Starlette ())", "http"],
    ["an annotated assignment does not", "app: X = Starlette ()", "handler"],
    ["an attribute does not", "self.app = Starlette ()", "handler"],
    ["a tuple does not", "app, b = Starlette ()", "handler"],
    ["another name does not", "application = Starlette ()", "handler"],
    ["a dotted server does not", "app = s.Starlette ()", "handler"],
    ["an augmented assignment does not", "app += Starlette ()", "handler"],
    ["a decorated method counts", "class Agent:\n  @d\n  def run(self): pass", "agent"],
    ["a nested class counts", "def f():\n  class AnAgent:\n    def run(self): pass", "agent"],
    ["an exception class counts", "class AgentError(Exception):\n  def run(self): pass", "agent"],
    ["a method inside an if does not", "class Agent:\n  if 1:\n    def run(self): pass", "handler"],
    ["a bound lambda does not", "class Agent:\n  run = lambda self, i: i", "handler"],
    ["an inherited method does not", "class Agent(Base):\n  pass", "handler"],
    ["a lower-case name does not", "class agent:\n  def run(self): pass", "handler"],
    ["a method in a string does not", 'class Agent:\n  """\n  def run(self): pass\n  """', "handler"],
    ["newer syntax parses", "type X = int\nmatch a:\n  case 1: pass\nclass Agent[T]:\n  def run(self): pass", "agent"],
    ["statements outside functions parse", "return 1\nclass Agent:\n  def run(self): pass", "agent"],
    ["one-line classes count", "class Agent: x = 1\nclass BAgent:\n def invoke(self): ...", "agent"],
  ])("follows the exact rule: %s", (_, text, type) => {
    expect(classify(text)).toBe(type);
  });

  it("is handler for what is nested too deeply", () => {
    expect(classify(`${"(".repeat(100_000)}\n`)).toBe("handler");
    expect(classify(`app = FastAPI${"(".repeat(100_000)}`)).toBe("handler");
  });

  it("is agent for every class with a method directly in its body, at any depth", () => {
    fc.assert(
      fc.property(program, ({ text, type }) => {
        expect(classify(text), text).toBe(type);
      }),
      { numRuns: 300 },
    );
  });

  it("is decided for any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
        expect(["handler", "agent", "http"]).toContain(classify(text));
      }),
    );
  });
});

/** Classes inside blocks, with their methods direct or hidden in an `if`, and the kind that follows. */
const program = fc
  .array(
    fc.record({
      blocks: fc.array(fc.constantFrom("def f():", "if x:", "async def g(a, *b):", "class Outer:", "with a as b:"), {
        maxLength: 4,
      }),
      className: fc.constantFrom("Agent", "MyAgent", "agentic", "Runner", "XAgentY"),
      method: fc.constantFrom("run", "invoke", "__call__", "walk", "running"),
      before: fc.constantFrom("", "x = 1", '"""def run(): pass"""', "@property", "# class Agent:"),
      hidden: fc.boolean(),
    }),
    { maxLength: 5 },
  )
  .map((classes) => {
    const text = classes.map((one) => linesOf(one).join("\n")).join("\n\n");
    const counts = classes.some(
      ({ className, method, hidden }) =>
        className.includes("Agent") && ["run", "invoke", "__call__"].includes(method) && !hidden,
    );
    return { text: `${text}\n`, type: counts ? "agent" : "handler" };
  });

function linesOf(one: { blocks: string[]; className: string; method: string; before: string; hidden: boolean }) {
  const lines = [...one.blocks, `class ${one.className}(Base):`];
  const decorates = one.before.startsWith("@");
  const body = [
    ...(decorates || !one.before ? [] : [one.before]),
    ...(one.hidden ? ["if True:"] : []),
    ...(decorates ? [`${one.hidden ? "    " : ""}${one.before}`] : []),
    `${one.hidden ? "    " : ""}def ${one.method}(self, input): return {}`,
    "y = [",
    "1]",
  ];
  const indented = lines.map((line, depth) => " ".repeat(4 * depth) + line);
  return [...indented, ...body.map((line) => " ".repeat(4 * lines.length) + line)];
}
