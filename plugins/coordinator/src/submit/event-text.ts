import { isJsonObject, type JsonObject, printable, printableLine } from "leasehold";

/** The status tells of these already, or the result does. */
const SILENT = new Set(["run_start", "run_completed", "result"]);

/** A session's event as people read it; nothing for those that say nothing new. */
export function eventText(event: JsonObject): string | undefined {
  const { event_type: type, tool_name: tool, tool_input: input, error, role } = event;
  if (typeof type !== "string" || SILENT.has(type)) return undefined;
  if (type === "message") return `${typeof role === "string" ? printableLine(role) : "message"}: ${contentText(event)}`;
  const name = typeof tool === "string" ? ` ${printableLine(tool)}` : "";
  const what = type === "pre_tool" && input !== undefined && input !== null ? ` ${printableLine(jsonText(input))}` : "";
  const problem = typeof error === "string" && error !== "" ? `: ${printableLine(error)}` : "";
  return `${printableLine(type)}${name}${what}${problem}`;
}

function contentText({ content }: JsonObject): string {
  if (!Array.isArray(content)) return "";
  const texts = content.map((part: unknown) => {
    const text = isJsonObject(part) ? part["text"] : undefined;
    return typeof text === "string" ? text : jsonText(part);
  });
  return printable(texts.join("\n")).trim();
}

/** What is parsed can be nested too deep to be written again. */
function jsonText(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    return "(nested too deep to be shown)";
  }
}
