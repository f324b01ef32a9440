import { Writable } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import type { Scripts } from "@leasehold/script-executor";
import type { Credentials, Logger, Profile } from "leasehold";
import { onTestFinished } from "vitest";
import { createLogger } from "../../../core/src/log/create-logger.ts";
import { options } from "../../../plugins/coordinator/src/options.ts";
import { CoordinatorSource } from "../../../plugins/coordinator/src/source.ts";
import { protocolTiming, type Timing } from "../../../plugins/coordinator/src/timing.ts";
import { HandMadeFeed } from "./hand-made-feed.ts";

export const echoProfile: Profile = {
  name: "echo",
  directory: "/opt/profiles/echo",
  executor: {
    type: "procedural",
    command: "executors/procedural-executor/ao-procedural-exec",
    config: {},
    agents_dir: "executors/procedural-executor/scripts/echo/agents",
    lifecycle: "one_shot",
  },
  agents: [
    {
      name: "echo",
      command: "scripts/echo/echo",
      parametersSchema: { type: "object", required: ["message"], properties: { message: { type: "string" } } },
    },
  ],
};

/** Back-offs and checks of a few milliseconds, lateness never: tests set what they are about. */
export const quickTiming: Timing = { ...protocolTiming, backoffBaseMs: 2, backoffCapMs: 4, stopCheckMs: 2 };

interface TestSource {
  readonly url: string;
  readonly options?: Record<string, unknown>;
  readonly timing?: Partial<Timing>;
  readonly profile?: Profile | undefined;
  readonly credentials?: Credentials;
  readonly scripts?: Scripts;
  readonly log?: Logger;
}

export function testSource(settings: TestSource): CoordinatorSource {
  return new CoordinatorSource({
    options: options.parse({ url: settings.url, hostname: "build-07", ...settings.options }),
    projectDir: "/srv/jobs",
    activeProfile: () => ("profile" in settings ? settings.profile : echoProfile),
    credentials: () => settings.credentials,
    scripts: () => settings.scripts,
    log: settings.log ?? quiet,
    timing: { ...quickTiming, ...settings.timing },
  });
}

interface StartedSource {
  readonly source: CoordinatorSource;
  readonly feed: HandMadeFeed;
  readonly started: Promise<void>;
  readonly drain: () => void;
}

/** Starts a source for the length of a test. */
export function start(settings: TestSource, feed = new HandMadeFeed()): StartedSource {
  const source = testSource(settings);
  const drain = new AbortController();
  const started = source.start(feed, drain.signal);
  started.catch(() => {});
  onTestFinished(async () => {
    drain.abort();
    await started.catch(() => {});
    await source.close(AbortSignal.abort());
    await source.client.close();
  });
  return { source, feed, started, drain: () => drain.abort() };
}

/** A line of the log, as it would be shown. */
interface Line {
  readonly level: string;
  readonly msg: string;
  readonly [member: string]: unknown;
}

/** A logger and what it has written. */
export function recordingLog(): { log: Logger; lines: Line[] } {
  const lines: Line[] = [];
  const stream = new Writable({
    write(line, _, done) {
      lines.push(JSON.parse(String(line)));
      done();
    },
  });
  return { log: createLogger({ verbose: true, stream }), lines };
}

export const quiet: Logger = recordingLog().log;

/** Lets everything that is ready happen. */
export async function settle(): Promise<void> {
  for (let round = 0; round < 5; round++) await turn();
}
