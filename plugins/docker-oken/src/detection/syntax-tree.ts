import { parser } from "@lezer/python";

type Tree = ReturnType<typeof parser.parse>;
type Node = Tree["topNode"];

const SERVERS = new Set(["FastAPI", "Flask", "Starlette"]);
const METHODS = new Set(["run", "invoke", "__call__"]);

/** What rules 3 and 4 of spec §3.3 ask of a file. */
export interface TreeFindings {
  /** A plain assignment of a server's call to the simple name `app`, at any depth. */
  readonly assignsApp: boolean;
  /** A class named for an agent with a usable method directly in its body, at any depth. */
  readonly definesAgent: boolean;
}

/** Looks through the syntax tree of a text that is known to parse. */
export function examineTree(text: string): TreeFindings {
  let assignsApp = false;
  let definesAgent = false;
  parser.parse(text).iterate({
    enter: ({ name, node }) => {
      if (name === "AssignStatement") assignsApp ||= isAppAssignment(node, text);
      else if (name === "ClassDefinition") definesAgent ||= isAgentClass(node, text);
    },
  });
  return { assignsApp, definesAgent };
}

/** `app = Flask()`, also chained; an annotation does not count. */
function isAppAssignment(statement: Node, text: string): boolean {
  const sides: Node[][] = [[]];
  for (const child of childrenOf(statement)) {
    if (child.name === "TypeDef") return false;
    if (child.name === "AssignOp") sides.push([]);
    else if (child.name !== "Comment") sides.at(-1)?.push(child);
  }
  const value = soleOf(sides.at(-1));
  if (value?.name !== "CallExpression") return false;
  const callee = unwrap(value.firstChild ?? undefined);
  if (callee?.name !== "VariableName" || !SERVERS.has(textOf(callee, text))) return false;
  return sides.slice(0, -1).some((side) => {
    const target = soleOf(side);
    return target?.name === "VariableName" && textOf(target, text) === "app";
  });
}

function isAgentClass(definition: Node, text: string): boolean {
  const name = definition.getChild("VariableName");
  if (!name || !textOf(name, text).includes("Agent")) return false;
  const body = definition.getChild("Body");
  return body !== null && childrenOf(body).some((statement) => definesMethod(statement, text));
}

function definesMethod(statement: Node, text: string): boolean {
  const definition = statement.name === "DecoratedStatement" ? statement.getChild("FunctionDefinition") : statement;
  if (definition?.name !== "FunctionDefinition") return false;
  const name = definition.getChild("VariableName");
  return name !== null && METHODS.has(textOf(name, text));
}

/** The one node of a side of an assignment; a tuple has several. */
function soleOf(side: readonly Node[] = []): Node | undefined {
  return side.length === 1 ? unwrap(side[0]) : undefined;
}

function unwrap(node: Node | undefined): Node | undefined {
  let inner = node;
  while (inner?.name === "ParenthesizedExpression")
    inner = childrenOf(inner).find(({ name }) => !["(", ")", "Comment"].includes(name));
  return inner;
}

function childrenOf(node: Node): Node[] {
  const children: Node[] = [];
  for (let child = node.firstChild; child; child = child.nextSibling) children.push(child);
  return children;
}

function textOf({ from, to }: Node, text: string): string {
  return text.slice(from, to);
}
