import { expect } from "vitest";

/** Asks a coordinator and answers its JSON. */
export async function ask(url: string, method = "GET", body?: object): Promise<Record<string, unknown>> {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(url, { method, ...(body ? { headers, body: JSON.stringify(body) } : {}) });
  const text = await answer.text();
  expect(answer.ok, `${method} ${url}: ${answer.status} ${text}`).toBe(true);
  return JSON.parse(text) as Record<string, unknown>;
}

/** Makes an agent whose script is this text. */
export async function createScript(
  url: string,
  name: string,
  script_file: string,
  script_content: string,
): Promise<void> {
  await ask(`${url}/scripts`, "POST", { name, description: "made by a test", script_file, script_content });
  await ask(`${url}/agents`, "POST", { name, description: "made by a test", type: "procedural", script: name });
}
