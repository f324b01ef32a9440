import { setTimeout as wait } from "node:timers/promises";
import { decline, definePlugin, entrypoint, failed, type Outcome, type Run, succeeded, textResult, z } from "leasehold";

declare module "leasehold" {
  interface EntrypointKinds {
    /** Everything that an execution needs, so that nobody has to ask again. */
    "sample-plugin": { readonly greeting: string };
  }
}

const parameters = z.object({
  text: z.string().default(""),
  times: z.int().min(0).max(1_000_000).default(1),
  seconds: z.number().min(0).max(86_400).default(0),
});

/** Executes agents whose command is `sample-plugin`. */
export const samplePlugin = definePlugin({
  name: "sample-plugin",
  apiVersion: 1,
  // What it uses beyond this process's memory, for whoever decides to run it: see `leasehold plugins`.
  manifest: {},
  options: z.strictObject({
    greeting: z
      .string()
      .default("Hello,")
      .meta({ env: "SAMPLE_PLUGIN_GREETING", description: "What answers begin with" }),
  }),
  setup({ hooks }, { greeting }) {
    hooks.resolveEntrypoint.tap(
      (run) =>
        run.agent.command === "sample-plugin"
          ? entrypoint("sample-plugin", { greeting })
          : decline("the agent's command is not sample-plugin"),
      // Before the command executor, which takes every agent that has a command.
      { order: "first" },
    );
    hooks.execute.for("sample-plugin").tap((run, { greeting }) => execute(run, greeting));
  },
});

/** What throws when the run's signal is aborted is enough: the core settles the run by the signal's reason. */
async function execute(run: Run, greeting: string): Promise<Outcome> {
  const given = parameters.safeParse(run.parameters);
  if (!given.success) return failed({ code: "PARAMETERS_INVALID", message: z.prettifyError(given.error) });
  const { text, times, seconds } = given.data;
  await wait(seconds * 1_000, undefined, { signal: run.signal });
  return withinLimit(`${greeting} ${text}\n`.repeat(times), run.limits.outputBytes);
}

/** Cuts at a character's end, and says how much it cut. */
function withinLimit(text: string, limit: number): Outcome {
  const bytes = Buffer.from(text);
  if (bytes.length <= limit) return succeeded(textResult(text));
  const kept = new TextDecoder().decode(bytes.subarray(0, limit), { stream: true });
  return succeeded(textResult(kept), { truncated: { stdout: bytes.length - Buffer.byteLength(kept) } });
}
