import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { options } from "../../../plugins/script-executor/src/options.ts";
import type { ScriptOrigin } from "../../../plugins/script-executor/src/scripts.ts";
import { ScriptStore } from "../../../plugins/script-executor/src/store/script-store.ts";
import { ScriptKeeper } from "../../../plugins/script-executor/src/sync/script-keeper.ts";
import { recordingLog } from "../coordinator/test-source.ts";
import { temporaryDirectory } from "./archives.ts";

type Answer = Buffer | Error | (() => Promise<Buffer | undefined>);

/** An origin in this process that answers what the test has put there, and counts who asked. */
class MadeOrigin implements ScriptOrigin {
  readonly archives = new Map<string, Answer>();
  readonly asked: string[] = [];
  names: (() => string[]) | undefined;
  /** Whose downloads end in an error half way. */
  broken: (name: string) => boolean = () => false;

  async list(): Promise<string[]> {
    this.asked.push("(list)");
    return this.names ? this.names() : [...this.archives.keys()];
  }

  async download(name: string): Promise<AsyncIterable<Uint8Array> | undefined> {
    this.asked.push(name);
    const answer = this.archives.get(name);
    if (answer instanceof Error) throw answer;
    const bytes = typeof answer === "function" ? await answer() : answer;
    return bytes && chunked(bytes, this.broken(name));
  }
}

async function* chunked(bytes: Buffer, broken: boolean): AsyncGenerator<Uint8Array> {
  const half = Math.ceil(bytes.length / 2);
  yield bytes.subarray(0, half);
  if (broken) throw new Error("broken off");
  yield bytes.subarray(half);
}

type Settings = Partial<ReturnType<typeof options.parse>> & { projectDir?: string };

/** A keeper with a store of its own, whose retries take milliseconds. */
export async function testKeeper({ projectDir, ...given }: Settings = {}) {
  const directory = projectDir ?? (await temporaryDirectory());
  const { log, lines } = recordingLog();
  const store = new ScriptStore(directory, log);
  const settings = options.parse(given);
  const timing = { baseMs: 2, capMs: 4 };
  const own = { ...settings, store, log, limits: settings, timing };
  const keeper = new ScriptKeeper(own);
  onTestFinished(() => keeper.close());
  const origin = new MadeOrigin();
  keeper.connect(origin);
  const scripts = join(directory, "scripts");
  const read = (path: string) => readFile(join(scripts, path), "utf8");
  const ready = (name: string) => keeper.ready(name, new AbortController().signal);
  const fault = (name: string) =>
    ready(name).then(
      () => "ready",
      (thrown: Error) => thrown.message,
    );
  /** From now on runs wait for so long: short where they must not get their script, long where they must. */
  const patience = (seconds: number) => {
    own.readyTimeoutSeconds = seconds;
  };
  return { projectDir: directory, scripts, store, keeper, origin, lines, read, ready, fault, patience };
}
