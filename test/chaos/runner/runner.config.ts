// The runner that the chaos suite torments.
import { pathToFileURL } from "node:url";
import { commandExecutor } from "@leasehold/command-executor";
import { coordinator } from "@leasehold/coordinator";
import { scriptExecutor } from "@leasehold/script-executor";
import { defineConfig, defineProfile } from "leasehold";

const { CHAOS_WORLD: world = "" } = process.env;
const BEHAVIOURS = ["plain", "fails", "slow", "forks", "daemon", "stubborn", "lasting", "flood"];
const TIMEOUTS: Readonly<Record<string, number>> = { stubborn: 1 };

const chaos = defineProfile({
  name: "chaos",
  directory: pathToFileURL(`${world}/`),
  executor: { type: "procedural", command: "executors/procedural-executor/ao-procedural-exec" },
  agents: BEHAVIOURS.map((name) => ({
    name,
    description: `Behaves as its name says: ${name}`,
    command: `agents/${name}`,
    ...(TIMEOUTS[name] === undefined ? {} : { timeoutSeconds: TIMEOUTS[name] }),
  })),
});

export default defineConfig({
  graceSeconds: 0.2,
  timeoutSeconds: 20,
  drainTimeoutSeconds: 1,
  outputBytes: 256 * 1024,
  plugins: [
    coordinator({ hostname: "chaos", pollTimeoutSeconds: 1, heartbeatIntervalSeconds: 1 }),
    commandExecutor({ environment: { pass: ["CHAOS_WORLD", "CHAOS_GENERATION"] } }),
    scriptExecutor(),
    chaos,
  ],
});
