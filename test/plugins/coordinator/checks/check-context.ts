import {
  type CheckContext,
  Credentials,
  createRunner,
  definePlugin,
  defineProfile,
  type Profile,
  SecretStore,
} from "leasehold";
import { onTestFinished } from "vitest";
import { createLogger } from "../../../../core/src/log/create-logger.ts";
import { coordinator } from "../../../../plugins/coordinator/src/index.ts";
import { options as schema } from "../../../../plugins/coordinator/src/options.ts";
import { ScriptsToken } from "../../../../plugins/coordinator/src/scripts-token.ts";

interface Given {
  readonly url: string;
  readonly options?: Record<string, unknown>;
  readonly executor?: Profile["executor"];
  /** A bearer token that a plugin of its own provides. */
  readonly token?: string;
  /** Scripts that a plugin of its own says are installed. */
  readonly installed?: readonly string[];
}

/** What a check of the coordinator plugin finds around it: a runner with a profile of one agent. */
export async function checkContext({ url, options = {}, executor, token, installed }: Given): Promise<CheckContext> {
  const pluginOptions = schema.parse({ url, hostname: "build-07", ...options });
  const profile = defineProfile({
    name: "one",
    directory: "/",
    executor: executor ?? { type: "procedural", command: "exec" },
    agents: [{ name: "echo", command: "/bin/echo" }],
  });
  const badge = definePlugin({
    name: "badge",
    apiVersion: 1,
    setup({ services }) {
      if (token === undefined) return;
      const headers = async () => ({ authorization: `Bearer ${token}` });
      services.provide(Credentials, { useValue: { headers, rejected: async () => false } });
    },
  });
  const shelf = definePlugin({
    name: "shelf",
    apiVersion: 1,
    setup({ services }) {
      const ignore = () => undefined;
      const deaf = {
        connect: ignore,
        sync: ignore,
        remove: ignore,
        reconcile: ignore,
        ready: async () => undefined,
        hold: () => Promise.reject(new Error("nobody holds a script here")),
      };
      if (installed) services.provide(ScriptsToken, { useValue: { ...deaf, installed: async () => installed } });
    },
  });
  const projectDir = "/srv/jobs";
  const runner = await createRunner({ projectDir, plugins: [coordinator(pluginOptions), profile, badge(), shelf()] });
  onTestFinished(() => runner.close());
  return {
    runner,
    pluginOptions,
    projectDir,
    coreOptions: {
      projectDir,
      projectRoots: [],
      timeoutSeconds: 1,
      graceSeconds: 1,
      drainTimeoutSeconds: 1,
      outputBytes: 1,
      journal: "memory",
      redactResults: false,
      verbose: false,
    },
    configFile: "/srv/runner.config.ts",
    stdout: process.stdout,
    stderr: process.stderr,
    log: createLogger({ verbose: false }),
    secrets: new SecretStore().runner,
    signal: new AbortController().signal,
  };
}
