const ESCAPES = /\\u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|\\u[dD][89a-fA-F][\da-fA-F]{2}|\\./gs;
const LONE_ESCAPE = /^\\u[dD].{3}$/;

/**
 * JSON text without lone surrogates, escaped or raw. The reference coordinator parses them, cannot store them, and would
 * answer 500 to the same report for ever. Everything else stays byte for byte.
 */
export function wellFormed(json: string): string {
  return json.replace(ESCAPES, (found) => (LONE_ESCAPE.test(found) ? "\\ufffd" : found)).toWellFormed();
}
