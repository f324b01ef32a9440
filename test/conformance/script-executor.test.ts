import { Readable } from "node:stream";
import { commandExecutor } from "@leasehold/command-executor";
import { type Scripts, scriptExecutor } from "@leasehold/script-executor";
import { definePlugin, token } from "leasehold";
import { executorConformance, pluginConformance, processesIn, type Submission } from "leasehold/testing";
import { archiveOf, scriptOf } from "../plugins/script-executor/archives.ts";

/** A script that does what its one parameter says. */
const archive = archiveOf(scriptOf("shell", '#!/bin/sh\neval "$2"\n'));

/** Where that script comes from. */
const origin = definePlugin({
  name: "origin",
  apiVersion: 1,
  dependsOn: ["script-executor"],
  setup({ services }) {
    services.get(token<Scripts>("script-executor/scripts")).connect({
      list: async () => ["shell"],
      download: async () => Readable.from([await archive]),
    });
  },
});

const run = (program: string): Submission => ({
  agent: { name: "shell", script: "shell" },
  parameters: { do: program },
});

pluginConformance({
  create: () => scriptExecutor(),
  companions: () => [commandExecutor()],
  refuses: { readyTimeoutSeconds: () => scriptExecutor({ readyTimeoutSeconds: -1 }) },
});

executorConformance({
  create: () => scriptExecutor(),
  companions: () => [commandExecutor(), origin()],
  echoes: (text) => run(`echo ${text}`),
  endless: run("sleep 300"),
  fails: run("exit 3"),
  floods: run('head -c 100000 /dev/zero | tr "\\0" x'),
  reveals: run("env"),
  owns: { kind: "process-group", alive: processesIn },
  leavesBehind: run("sleep 300 & sleep 301 & echo left"),
});
