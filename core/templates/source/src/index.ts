import path from "node:path";
import { definePlugin, z } from "leasehold";
import { DirectorySource } from "./directory-source.ts";

/** Leases runs from files in a directory. */
export const samplePlugin = definePlugin({
  name: "sample-plugin",
  apiVersion: 1,
  // What it uses beyond this process's memory, for whoever decides to run it: see `leasehold plugins`.
  manifest: { fileRoots: ["the option `directory`"] },
  options: z.strictObject({
    directory: z.string().min(1).meta({ env: "SAMPLE_PLUGIN_DIRECTORY", description: "Holds inbox, done and stops" }),
    slots: z.int().positive().default(4).meta({ env: "SAMPLE_PLUGIN_SLOTS", description: "Runs at once" }),
  }),
  setup({ sources, runner, log }, { directory, slots }) {
    sources.add(new DirectorySource({ directory: path.resolve(runner.projectDir, directory), slots, log }));
  },
});
