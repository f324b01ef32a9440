import path from "node:path";
import { Credentials, definePlugin, z } from "leasehold";
import { TokenFile } from "./token-file.ts";

/** Provides credentials: a bearer token that somebody keeps in a file. */
export const samplePlugin = definePlugin({
  name: "sample-plugin",
  apiVersion: 1,
  // What it uses beyond this process's memory, for whoever decides to run it: see `leasehold plugins`.
  manifest: { fileRoots: ["the option `tokenFile`"], secrets: ["the content of `tokenFile`"] },
  options: z.strictObject({
    tokenFile: z.string().min(1).meta({ env: "SAMPLE_PLUGIN_TOKEN_FILE", description: "File that holds the token" }),
  }),
  setup({ services, runner }, { tokenFile }) {
    services.provide(Credentials, { useValue: new TokenFile(path.resolve(runner.projectDir, tokenFile)) });
  },
});
