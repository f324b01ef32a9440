import { expect } from "vitest";
import { z } from "zod";
import type { PluginEntry } from "../../config/define-config.ts";
import { readFields } from "../../config/option-field.ts";
import { FaultReport } from "../../errors/leasehold-error.ts";
import type { Plugin } from "../../plugin/plugin.ts";
import { token } from "../../services/token.ts";
import { startRunner } from "../runner/start-runner.ts";
import type { TestRunner } from "../runner/test-runner.ts";
import { doesNotApply, type Point } from "./subject.ts";
import { suite } from "./suite.ts";

/** The plugin once more, with other options than the subject's, and what tells the two apart. */
export interface DifferentOptions {
  create(): Plugin;
  /** Something that follows from the options: the answer to a run, what a service says, a source's slots. Compared by value. */
  shows(bench: TestRunner): Promise<unknown>;
}

/** A plugin of any kind, for the suite that all of them pass. */
export interface PluginSubject {
  /** Makes the plugin, with options that are right. Called for each point anew. */
  create(): Plugin;
  /** What it depends on. */
  readonly companions?: () => readonly PluginEntry[];
  /** `false` for a plugin whose sources need a far side that these points do not have: they are not started then. */
  readonly lease?: boolean;
  /** Makes the plugin with options that are wrong, by the name of the option that its report must name. */
  readonly refuses?: Readonly<Record<string, () => Plugin>>;
  /** How to see that a runner's plugin has the options that it was given, and not those of its like in another runner. */
  readonly differs?: Point<DifferentOptions>;
}

const NO_OPTIONS = z.strictObject({});
const SOUNDS_SECRET = /secret(?!.*(file|path))|password|passphrase|api_?key|private_?key/i;

/** Declares what every plugin must do: boot, refuse bad options clearly, close, share nothing, leave nothing open. */
export function pluginConformance(subject: PluginSubject): void {
  const { definition } = subject.create();
  const companions = () => subject.companions?.() ?? [];
  const { lease = true } = subject;
  const boot = (verifyHandles = true, create = () => subject.create()) =>
    startRunner([companions(), create()], { verifyHandles, lease });

  suite(`plugin ${definition.name}`, ({ point, pointOf }) => {
    point("boots with nothing but what it depends on", async () => {
      await using bench = await boot();
      expect(bench.runner.plugins.map(({ name }) => name)).toContain(definition.name);
    });

    point("refuses an option that it does not know, by name", async () => {
      const { definition, options, ...rest } = subject.create();
      const misled: Plugin = { ...rest, definition, options: { ...(options as object), nonsense: true } };
      await expectRefusal([companions(), misled], definition.name, "nonsense");
    });

    for (const [option, create] of Object.entries(subject.refuses ?? {}))
      point(`refuses a wrong ${option}, by name`, () =>
        expectRefusal([companions(), create()], definition.name, option),
      );

    point("marks options that sound secret", async () => {
      const { fields } = readFields(definition.name, definition.options ?? NO_OPTIONS);
      const open = fields.filter(({ name, secret }) => !secret && SOUNDS_SECRET.test(name)).map(({ name }) => name);
      expect(open, "options without `.meta({ secret: true })`").toEqual([]);
    });

    point("closes twice safely", async () => {
      const bench = await boot();
      await Promise.all([bench.runner.close(), bench.runner.close()]);
      await bench.runner.close();
      await bench.close();
    });

    point("does not meet itself in another runner", async () => {
      await using first = await boot(false);
      await using second = await boot(false);
      expect(reportOf(second, definition.name)).toEqual(reportOf(first, definition.name));
      expect(sharedServices(first, second, definition.name), "services that both runners hold").toEqual([]);
      await first.close();
      expect(second.runner.status().phase).toBe(lease ? "leasing" : "idle");
    });

    pointOf("keeps its options apart from those in another runner", differenceOf(subject), async (different) => {
      await using first = await boot(false);
      await using second = await boot(false, () => different.create());
      const [one, other] = [await different.shows(first), await different.shows(second)];
      expect(other, "what two runners show whose options differ").not.toEqual(one);
      expect(await different.shows(first), "what the first shows beside the second").toEqual(one);
      await first.close();
      expect(await different.shows(second), "what the second shows without the first").toEqual(other);
    });

    point("leaves no handle open", async () => {
      for (let times = 0; times < 3; times++) await (await boot()).close();
    });
  });
}

function differenceOf({ create, differs }: PluginSubject): Point<DifferentOptions> {
  if (differs) return differs;
  const { options } = create().definition;
  return doesNotApply(options ? "the subject has no `differs` that would tell two of them apart" : "it has no options");
}

async function expectRefusal(plugins: readonly PluginEntry[], plugin: string, option: string): Promise<void> {
  const boot = startRunner(plugins).then((bench) => bench.close());
  const thrown: unknown = await boot.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(thrown instanceof FaultReport)) throw thrown ?? new Error("it booted");
  expect(thrown.message).toContain(`"${plugin}"`);
  expect(thrown.message).toContain(option);
}

function reportOf({ runner }: TestRunner, plugin: string) {
  const { setupMs: _, ...report } = runner.plugins.find(({ name }) => name === plugin) ?? { setupMs: 0 };
  return report;
}

/** Names of services that are one and the same changeable object in both. */
function sharedServices(first: TestRunner, second: TestRunner, plugin: string): string[] {
  const provided = first.runner.plugins.find(({ name }) => name === plugin)?.provides ?? [];
  return provided.filter((name) => {
    const [one, other] = [first, second].map(({ runner }) => runner.services.get(token<unknown>(name)));
    return one === other && typeof one === "object" && one !== null && !Object.isFrozen(one);
  });
}
