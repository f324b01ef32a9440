import type { EntrypointType } from "../config/agent-config.ts";
import { parses } from "./parses.ts";
import { examineTree } from "./syntax-tree.ts";

const SERVER_TEXTS = ["FastAPI(", "Flask(", "Starlette(", "uvicorn.run(", "app = FastAPI", "app = Flask"];

/** The kind of an entrypoint by its text (spec §3.3, rules 1 to 6). Loads a Python grammar: call it in a worker. */
export function classify(text: string): EntrypointType {
  if (!parses(text)) return "handler";
  if (SERVER_TEXTS.some((server) => text.includes(server))) return "http";
  const { assignsApp, definesAgent } = examineTree(text);
  if (assignsApp) return "http";
  return definesAgent ? "agent" : "handler";
}
