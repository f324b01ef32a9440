import { commandExecutor } from "@leasehold/command-executor";
import { executorConformance, pluginConformance, processesIn, type Submission } from "leasehold/testing";

/** A run of `/bin/sh`, whose words are split once and never by a shell of ours. */
const sh = (program: string): Submission => ({ agent: { name: "sh", command: `/bin/sh -c '${program}'` } });

pluginConformance({
  create: () => commandExecutor(),
  refuses: { background: () => commandExecutor({ background: "forget" as "end" }) },
  differs: {
    create: () => commandExecutor({ environment: { set: { MARK: "other" } } }),
    shows: async (bench) => (await (await bench.submit(sh('echo "mark $MARK"'))).outcome).result?.text,
  },
});

executorConformance({
  create: () => commandExecutor(),
  echoes: (text) => sh(`echo ${text}`),
  endless: sh("sleep 300"),
  fails: sh("exit 3"),
  floods: sh('head -c 100000 /dev/zero | tr "\\\\0" x'),
  reveals: sh("env"),
  owns: { kind: "process-group", alive: processesIn },
  leavesBehind: sh("sleep 300 & sleep 301 & echo left"),
});
