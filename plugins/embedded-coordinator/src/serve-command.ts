import { once } from "node:events";
import { type Command, z } from "leasehold";
import { type EmbeddedCoordinatorOptions, optionsSchema } from "./options.ts";
import { startEmbeddedCoordinator } from "./start.ts";

const flags = z.strictObject({
  port: z.int().min(0).max(65_535).optional().meta({
    flag: "--port <port>",
    description: "Port to listen on; 0 takes a free one. Default: the plugin's option",
  }),
  data: z.string().min(1).optional().meta({
    flag: "--data <file>",
    description: "SQLite file to keep everything in. Default: the plugin's option",
  }),
});

/** `leasehold coordinator`: the embedded coordinator in the foreground, until a signal ends it. */
export const serveCommand: Command = {
  name: "coordinator",
  summary: "Serve an AOF-compatible coordinator, for development, demos and tests",
  examples: ["coordinator", "coordinator --port 0 --data coordinator.sqlite"],
  options: flags,
  async run({ options, pluginOptions, stdout, signal }) {
    const merged = optionsSchema.parse({
      ...pluginOptions,
      ...withoutUndefined(options),
    } satisfies EmbeddedCoordinatorOptions);
    const coordinator = await startEmbeddedCoordinator(merged, { log: (line) => stdout.write(`${line}\n`) });
    if (!signal.aborted) await once(signal, "abort");
    await coordinator.close();
    return 0;
  },
};

function withoutUndefined(options: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
