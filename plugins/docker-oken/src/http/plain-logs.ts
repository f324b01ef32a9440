/** `{"logs": "<text>"}` as it is read, so that no log is ever held as a whole (spec §1.7). */
export async function* plainLogs(lines: AsyncIterable<string>): AsyncGenerator<string> {
  yield '{"logs":"';
  for await (const line of lines) yield `${JSON.stringify(line).slice(1, -1)}\\n`;
  yield '"}';
}
