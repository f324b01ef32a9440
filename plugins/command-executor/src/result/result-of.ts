import { jsonResult, parseJsonTree, type Result } from "leasehold";
import { jsonText } from "../python/json-text.ts";
import { isJsonDocument } from "./json-document.ts";
import { type Report, shownOutput } from "./report.ts";

/** Standard output as it was written where it is one JSON document, else an object that holds code and output (protocol §4.6). */
export function resultOf(report: Report): Result {
  const { text, droppedBytes } = report.stdout;
  if (droppedBytes === 0 && isJsonDocument(text)) return jsonResult(text.trim());
  const { stdout, stderr } = shownOf(report);
  return jsonResult(JSON.stringify({ return_code: report.returnCode, stdout, stderr }));
}

/** A result on one line of ASCII, as Python writes it. */
export function resultLine(result: Result): string {
  try {
    return jsonText(parseJsonTree(result.text));
  } catch (error) {
    if (error instanceof RangeError) return result.text;
    throw error;
  }
}

function shownOf({ stdout, stderr, outputBytes }: Report): { stdout: string; stderr: string } {
  return { stdout: shownOutput(stdout, outputBytes), stderr: shownOutput(stderr, outputBytes) };
}
