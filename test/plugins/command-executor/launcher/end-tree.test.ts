import { describe, expect, it } from "vitest";
import { endTree } from "../../../../plugins/command-executor/src/launcher/end-tree.ts";
import type { Sweep, Tree } from "../../../../plugins/command-executor/src/launcher/tree.ts";

/** A tree whose sweeps answer what is given, the last of it for ever. */
class ScriptedTree implements Tree {
  sweeps = 0;
  readonly #answers: readonly (Sweep | Error)[];

  constructor(...answers: (Sweep | Error)[]) {
    this.#answers = answers;
  }

  signalGroup(): boolean {
    throw new Error("too many open files");
  }

  async sweep(): Promise<Sweep> {
    const answer = this.#answers[Math.min(this.sweeps++, this.#answers.length - 1)]!;
    if (answer instanceof Error) throw answer;
    return answer;
  }
}

const EMPTY = { alive: 0, signalled: 0, certainty: "clean" } as const;
const WHOLE = { alive: 0, signalled: 0, certainty: "whole" } as const;
const TORN = { alive: 0, signalled: 0, certainty: "torn" } as const;
const ALIVE = { alive: 2, signalled: 0, certainty: "clean" } as const;

describe("endTree", () => {
  it("is content with three clean sweeps in a row", async () => {
    const tree = new ScriptedTree(EMPTY, EMPTY, ALIVE, EMPTY);
    expect(await endTree(tree, { graceSeconds: 60 })).toMatchObject({ signals: [], survivors: 0 });
    expect(tree.sweeps).toBe(6);
  });

  it("is content with one sweep during which nothing was started", async () => {
    const tree = new ScriptedTree(EMPTY, ALIVE, WHOLE);
    expect(await endTree(tree, { graceSeconds: 60 })).toMatchObject({ signals: [], survivors: 0 });
    expect(tree.sweeps).toBe(3);
  });

  it("wants more of sweeps that are torn", async () => {
    const tree = new ScriptedTree(TORN);
    expect(await endTree(tree, { graceSeconds: 60 })).toMatchObject({ survivors: 0 });
    expect(tree.sweeps).toBeGreaterThanOrEqual(15);
  });

  it("gives up on what does not die, and counts it", async () => {
    expect(await endTree(new ScriptedTree(ALIVE), { graceSeconds: 0 })).toMatchObject({ signals: [], survivors: 2 });
  });

  it("takes no sweep that failed for a clean one", async () => {
    const failing = new ScriptedTree(new Error("too many open files"), EMPTY);
    expect(await endTree(failing, { graceSeconds: 60 })).toMatchObject({ survivors: 0 });
    expect(failing.sweeps).toBe(4);
  });
});
