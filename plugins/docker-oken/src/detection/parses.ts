import ruff from "@astral-sh/ruff-wasm-nodejs";

/**
 * Whether a text is Python, as CPython's own parser judges. Ten megabytes of WebAssembly come with this file: it is
 * loaded in a worker.
 */
export function parses(text: string): boolean {
  // The reference hands the text to CPython, which refuses both before it looks at the grammar.
  if (text.includes("\0") || text.startsWith("\ufeff")) return false;
  const workspace = new ruff.Workspace({}, ruff.PositionEncoding.Utf16);
  try {
    // Of all its methods the one that only parses, strictly.
    workspace.comments(text);
    return true;
  } catch {
    // Too deeply nested, or a syntax error.
    return false;
  }
}
