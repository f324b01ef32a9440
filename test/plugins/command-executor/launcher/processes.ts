import { readFileSync } from "node:fs";
import type { JsonObject, Owner, ProcessSpec, Resource } from "leasehold";

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
