import { fileURLToPath } from "node:url";
import { commandExecutor } from "@leasehold/command-executor";
import type { JsonObject } from "leasehold";
import { doesNotApply, executorConformance, pluginConformance, processesIn } from "leasehold/testing";
import { sqlExecutor } from "../src/index.ts";

const query = (name: string, parameters: JsonObject = {}) => {
  const command = fileURLToPath(new URL(`../queries/${name}.sql`, import.meta.url));
  return { agent: { name, command }, parameters };
};

pluginConformance({
  create: () => sqlExecutor(),
  companions: () => [commandExecutor()],
  refuses: { database: () => sqlExecutor({ database: "" }) },
  differs: {
    create: () => sqlExecutor({ database: "missing.sqlite" }),
    shows: async (bench) => (await (await bench.submit(query("echo", { text: "here" }))).outcome).status,
  },
});

executorConformance({
  create: () => sqlExecutor(),
  companions: () => [commandExecutor()],
  echoes: (text) => query("echo", { text }),
  endless: query("endless"),
  fails: query("missing"),
  floods: query("flood"),
  reveals: doesNotApply("SQL sees no environment, and its process gets none"),
  owns: { kind: "process-group", alive: processesIn },
  leavesBehind: doesNotApply("a query starts nothing"),
});
