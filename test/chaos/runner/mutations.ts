import type { Patch } from "./patch.ts";

/** The counts of the suite's last line. */
export type Offence = "lost" | "doubled" | "disordered" | "survivors";

/** Something that keeps a promise, taken away. The suite has to notice. */
export interface Mutation {
  readonly name: string;
  readonly patches: readonly Patch[];
  /** The count that must not stay zero. */
  readonly expects: Offence;
}

export const mutations: readonly Mutation[] = [
  {
    name: "journal off",
    expects: "lost",
    patches: [
      {
        file: "core/src/recovery/recovery.ts",
        find: 'if (this.#options.journal === "memory") return undefined;',
        replace: "return undefined;",
      },
    ],
  },
  {
    name: "group kill off",
    expects: "survivors",
    patches: [
      {
        file: "plugins/command-executor/src/launcher/process-tree.ts",
        find: "if (facts.pid === process.pid) return false;",
        replace: "return facts.pid === first?.pid;",
      },
      {
        file: "plugins/command-executor/src/launcher/process-tree.ts",
        find: "return send(-first.pid, signal);",
        replace: "return send(first.pid, signal);",
      },
      {
        file: "plugins/command-executor/src/launcher/process-tree.ts",
        find: "for (let found = true; found; ) {",
        replace: "for (let found = false; found; ) {",
      },
    ],
  },
  {
    name: "order off",
    expects: "disordered",
    patches: [
      {
        file: "core/src/sources/courier.ts",
        find: "while (this.#queue[0] && !this.#desk.signal.aborted) {",
        replace:
          "await Promise.all(this.#queue.splice(0).map(async (report) => { await this.#deliver(report); await this.#acknowledge(report); }));\n    while (this.#queue[0] && !this.#desk.signal.aborted) {",
      },
    ],
  },
  {
    name: "check before repeat off",
    expects: "doubled",
    patches: [
      {
        file: "plugins/coordinator/src/delivery.ts",
        find: "if (attempt.uncertain) {",
        replace: "if (false) {",
      },
    ],
  },
];
