// A process of its own that deploys one agent and lives until it is killed: options as JSON, agent id, image id,
// and how many times it is deployed if more than once.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SecretStore } from "leasehold";
import pino from "pino";
import { Agents } from "../../../../plugins/docker-oken/src/agents/agents.ts";
import { options as schema } from "../../../../plugins/docker-oken/src/options.ts";

const [text = "{}", agentId = "", imageId = "", times = "1"] = process.argv.slice(2);
const options = schema.parse(JSON.parse(text));
const settled = async () => undefined;

const agents = await Agents.open({
  options,
  log: pino({ level: "silent" }),
  resources: {
    handle: () => undefined,
    own: async (claim) => ({
      resource: { ...claim, owner: { type: "plugin", plugin: "docker-oken" }, data: {} },
      update: settled,
      release: settled,
    }),
  },
  images: () => ({
    read: async () => ({ config: { name: "killed" }, entrypointType: "handler" }),
    build: async () => ({ imageId, log: "built by the first runner\n" }),
    used: () => undefined,
    settled: () => undefined,
    remove: settled,
  }),
  tell: () => undefined,
  secrets: new SecretStore().runner,
});
for (let nth = 1; nth <= Number(times); nth++) {
  const folder = join(options.dataDir, "incoming", `number${nth}`);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "wishes.json"), "{}");
  const VERSION = nth === 1 ? "before the kill" : "the newer one";
  const { status, error } = await agents.deploy(agentId, folder, { secrets: { VERSION } });
  if (status !== "running") throw new Error(`deployment ${nth} is ${status}: ${error}`);
  console.log(status);
}
setInterval(() => undefined, 1_000);
