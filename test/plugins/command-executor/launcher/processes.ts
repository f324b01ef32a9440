import { readFileSync } from "node:fs";
import type { JsonObject, Owner, ProcessSpec, Resource } from "leasehold";
import { LocalLauncher } from "../../../../plugins/command-executor/src/launcher/local-launcher.ts";

/** An owner that writes down what it is told, in order. */
export class RecordingOwner implements Owner {
  readonly acts: string[] = [];
  resource: Resource | undefined;

  async own(claim: { kind: string; id: string; data?: JsonObject }) {
    this.acts.push("own");
    const owner = { type: "plugin", plugin: "test" } as const;
    let resource: Resource = { ...claim, owner, data: claim.data ?? {} };
    this.resource = resource;
    return {
      resource,
      update: async (data: JsonObject) => {
        this.acts.push("update");
        resource = { ...resource, data: { ...resource.data, ...data } };
        this.resource = resource;
      },
      release: async () => {
        this.acts.push("release");
      },
    };
  }
}

/** A spec that runs a bash program in the system's temp directory. */
export function bash(script: string, members: Partial<ProcessSpec> = {}): ProcessSpec {
  return {
    file: "/bin/bash",
    args: ["-c", script],
    cwd: "/tmp",
    env: { PATH: "/usr/local/bin:/usr/bin:/bin" },
    outputBytes: 1024 * 1024,
    graceSeconds: 60,
    ...members,
  };
}

/** Waits for lines on standard output: pass `onText` as `onStdout`. */
export class Lines {
  #text = "";
  #wake = Promise.withResolvers<void>();

  readonly onText = (text: string): void => {
    this.#text += text;
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  };

  /** The first `count` lines, as soon as they are there. */
  async first(count: number): Promise<string[]> {
    for (;;) {
      const lines = this.#text.split("\n").slice(0, -1);
      if (lines.length >= count) return lines.slice(0, count);
      await this.#wake.promise;
    }
  }

  async pids(count: number): Promise<number[]> {
    return (await this.first(count)).map(Number);
  }
}

/** Whether a process runs; one that is dead and waits to be reaped does not. */
export function isAlive(pid: number): boolean {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    return !"ZX".includes(text.slice(text.lastIndexOf(")") + 2)[0] ?? "");
  } catch {
    return false;
  }
}

/** A launcher that starts everything itself, and one with a broker that is ready. */
export async function bothWays(): Promise<[way: string, launcher: LocalLauncher][]> {
  return [
    ["the runner", new LocalLauncher(console, { brokers: 0 })],
    ["a broker", await withBroker()],
  ];
}

/** A launcher of which the next process is started by a broker. */
export async function withBroker(
  log: ConstructorParameters<typeof LocalLauncher>[0] = console,
): Promise<LocalLauncher> {
  const launcher = new LocalLauncher(log);
  while ((await brokerOfNext(launcher)) === undefined);
  return launcher;
}

/** Launches a process, waits for its end, and answers which broker started it. */
export async function brokerOfNext(launcher: LocalLauncher): Promise<number | undefined> {
  const owner = new RecordingOwner();
  await (await launcher.launch(owner, bash("true"))).exit;
  return brokerOf(owner);
}

/** The pid of the broker that an owner's process was started by. */
export function brokerOf({ resource }: RecordingOwner): number | undefined {
  const broker = resource?.data["broker"] as { pid: number } | undefined;
  return broker?.pid;
}

/** What a successor reads of a runner that has gone without its brokers' having been noticed. */
export function withoutBroker(resource: Resource): Resource {
  const { broker: _, ...data } = resource.data;
  return { ...resource, data };
}
