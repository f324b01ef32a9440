import { randomUUID } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dockerOken, type OkenApi, type OkenOptions } from "@leasehold/docker-oken";
import { type JsonObject, token } from "leasehold";
import type { Submission, TestRunner } from "leasehold/testing";
import { connect, host as dockerHost } from "../plugins/docker-oken/engine-client.ts";
import { deploy, python, tidy } from "../plugins/docker-oken/oken-api.ts";

const AGENT = "conformance";
const CHILD = "child-of-a-call";
const MAIN = `
import asyncio, os, sys

async def handler(input):
    return await globals()[input["do"]](input)

async def echo(input):
    return {"text": input["text"]}

async def fail(input):
    raise ValueError("as asked")

async def flood(input):
    return {"text": "x" * 100000}

async def reveal(input):
    return dict(os.environ)

async def wait(input):
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", "import time; time.sleep(300)", "${CHILD}")
    try:
        await child.wait()
    finally:
        child.kill()
        await child.wait()
    return {}
`;

/** For whoever needs the API's address: `docker-oken/api`. */
export const ApiToken = token<OkenApi>("docker-oken/api");

/** docker-oken on the engine of these tests, and one agent that does what it is asked. Each plugin has a data directory of its own. */
export class OkenSubject {
  readonly #instance = `test-${randomUUID()}`;
  readonly #network = `oken-${this.#instance}`;
  /** Not where a point looks for temporary files, which is what keeping agents is not. */
  readonly #directory = join(tmpdir(), `leasehold-oken-${randomUUID()}`);

  create(given: Partial<OkenOptions> = {}) {
    const baseImage = process.env["OKEN_BASE_IMAGE"];
    return dockerOken({
      ...{ port: 0, dockerHost, network: this.#network, instance: this.#instance },
      dataDir: join(this.#directory, randomUUID()),
      ...(baseImage ? { baseImage } : {}),
      ...given,
    });
  }

  /** Deploys the agent, as the platform does. */
  async deploy({ runner }: TestRunner<never>): Promise<void> {
    const { status, text } = await deploy(await runner.services.get(ApiToken).address, AGENT, python(MAIN));
    if (status !== 200) throw new Error(`the agent was not deployed: ${status} ${text}`);
  }

  /** A run that calls the agent. */
  call(does: string, more: JsonObject = {}): Submission {
    return { agent: { name: AGENT, command: `oken:${AGENT}` }, parameters: { do: does, ...more } };
  }

  /** How many processes calls have started in the agent's containers, by the engine's own count. */
  async childrenOfCalls(): Promise<number> {
    const docker = connect();
    const running = await docker.listContainers({ filters: { label: [`oken.instance=${this.#instance}`] } });
    const tables = await Promise.all(
      running.map(({ Id }) =>
        docker
          .getContainer(Id)
          .top()
          // It ends just now.
          .catch(() => ({ Processes: [] })),
      ),
    );
    return tables.flatMap(({ Processes }) => Processes as string[][]).filter((row) => row.join(" ").includes(CHILD))
      .length;
  }

  tidy(): Promise<void> {
    return tidy(this.#instance, this.#network, this.#directory);
  }
}
