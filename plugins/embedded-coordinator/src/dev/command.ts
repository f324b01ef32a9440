import { type Command, z } from "leasehold";
import { type EmbeddedCoordinatorOptions, optionsSchema } from "../options.ts";
import { startEmbeddedCoordinator } from "../start.ts";
import { readAssignment } from "./assignment.ts";

const flags = z.strictObject({
  watch: z.boolean().default(false).meta({
    flag: "--watch",
    description: "Reload when the configuration, what it imports locally, or a profile file changes",
  }),
  port: z.int().min(0).max(65_535).optional().meta({
    flag: "--port <port>",
    description: "Port of the coordinator; 0 takes a free one. Default: the plugin's option",
  }),
  data: z.string().min(1).default(":memory:").meta({
    flag: "--data <file>",
    description: "SQLite file of the coordinator; :memory: forgets everything at the end",
  }),
});

/** `leasehold dev`: a coordinator and a runner for it, until a signal ends both. */
export const devCommand: Command = {
  name: "dev",
  summary: "Serve a coordinator and run a runner for it, for development; --watch reloads on changes",
  examples: ["dev", "dev --watch", "dev --port 0 --data dev.sqlite"],
  options: flags,
  async run(invocation) {
    const assignment = readAssignment();
    if (assignment) return (await import("./runner-process.ts")).leaseAsChild(invocation, assignment);
    const { watch, port, data } = flags.parse(invocation.options);
    const options = optionsSchema.parse({
      ...invocation.pluginOptions,
      ...(port === undefined ? {} : { port }),
      data,
    } satisfies EmbeddedCoordinatorOptions);
    const coordinator = await startEmbeddedCoordinator(options);
    try {
      if (watch) {
        const { WatchedRunners } = await import("./watched-runners.ts");
        await new WatchedRunners(invocation, coordinator).run();
      } else await (await import("./lease-here.ts")).leaseHere(invocation, coordinator);
      return 0;
    } finally {
      await coordinator.close();
    }
  },
};
