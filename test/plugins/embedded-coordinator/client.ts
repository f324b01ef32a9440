import { onTestFinished } from "vitest";
import {
  type EmbeddedCoordinator,
  type EmbeddedCoordinatorOptions,
  type EmbeddedCoordinatorParts,
  startEmbeddedCoordinator,
} from "../../../plugins/embedded-coordinator/src/index.ts";

/** A parsed answer. A test that looks inside names the shape; members of other bodies are texts or not looked at. */
type Answer<Body> = { status: number; headers: Headers; body: Body };
export type Texts = Record<string, string>;

/** Starts a coordinator for one test and closes it afterwards. Polls are short unless the test says otherwise. */
export async function started(
  options: EmbeddedCoordinatorOptions = {},
  parts: EmbeddedCoordinatorParts = {},
): Promise<EmbeddedCoordinator & Client> {
  const coordinator = await startEmbeddedCoordinator({ port: 0, pollTimeoutSeconds: 20, ...options }, parts);
  onTestFinished(() => coordinator.close());
  return { ...coordinator, ...clientOf(coordinator.url) };
}

export type Client = {
  get<Body = Texts>(path: string, signal?: AbortSignal): Promise<Answer<Body>>;
  post<Body = Texts>(path: string, body?: unknown): Promise<Answer<Body>>;
  patch(path: string, body: unknown): Promise<Answer<Texts>>;
  remove(path: string): Promise<Answer<Texts>>;
  /** Sends a body as it is written. */
  postText(path: string, text: string, contentType?: string): Promise<{ status: number; text: string }>;
  text(path: string): Promise<string>;
};

function clientOf(url: string): Client {
  const call = async <Body = Texts>(method: string, path: string, body?: unknown, signal?: AbortSignal) => {
    const response = await fetch(url + path, {
      method,
      redirect: "manual",
      ...(signal && { signal }),
      ...(body !== undefined && { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
    const text = await response.text();
    const json = response.headers.get("content-type")?.startsWith("application/json") && text !== "";
    const parsed: Body = json ? JSON.parse(text) : text;
    return { status: response.status, headers: response.headers, body: parsed };
  };
  return {
    get: <Body>(path: string, signal?: AbortSignal) => call<Body>("GET", path, undefined, signal),
    post: <Body>(path: string, body?: unknown) => call<Body>("POST", path, body),
    patch: (path, body) => call("PATCH", path, body),
    remove: (path) => call("DELETE", path),
    async postText(path, text, contentType = "application/json") {
      const headers = contentType === "" ? {} : { "content-type": contentType };
      const response = await fetch(url + path, { method: "POST", body: Buffer.from(text), headers });
      return { status: response.status, text: await response.text() };
    },
    text: async (path) => (await fetch(url + path)).text(),
  };
}

/** The identity that the protocol's transcripts use (§8), with its agent. */
export const ECHO_ID = "lnch_a2fece2c2a7c";
export const ECHO_RUNNER = {
  hostname: "build-07",
  project_dir: "/srv/jobs",
  executor_profile: "echo",
  executor: {
    type: "procedural",
    command: "executors/procedural-executor/ao-procedural-exec",
    config: {},
    lifecycle: "one_shot",
  },
  agents: [
    {
      name: "echo",
      description: "Returns its message",
      command: "scripts/echo/echo",
      parameters_schema: {
        type: "object",
        required: ["message"],
        properties: { message: { type: "string" } },
        additionalProperties: false,
      },
    },
  ],
};

export const POLL = `/runner/runs?runner_id=${ECHO_ID}`;
export const ECHO_RUN = { type: "start_session", agent_name: "echo", parameters: { message: "good morning" } };

/** Creates a run of `echo`, lets the runner claim it and answers it as delivered. */
export async function claimedRun(client: Client, run: object = ECHO_RUN): Promise<Texts> {
  const created = await client.post("/runs", run);
  if (created.status !== 201) throw new Error(`The run was not created: ${JSON.stringify(created.body)}`);
  return (await client.get<{ run: Texts }>(POLL)).body.run;
}
