import { ChildLog, type ChildNote } from "./child-log.ts";
import { processesIn, type Survivor, survivorOf } from "./process-table.ts";

/** Looks at the processes of runs from outside: what they say of themselves, and what the process table says. */
export class Witness {
  /** When a process that has not said that it ended was last seen alive, by session. */
  readonly lastSeen = new Map<string, number>();
  /** Processes seen alive when they must have been gone, by session; `""` for those of no known one. */
  readonly survivors = new Map<string, Set<string>>();
  readonly #world: string;
  readonly #log: ChildLog;
  readonly #open = new Map<string, ChildNote>();
  readonly #sessions = new Map<number, string>();
  readonly #generations = new Map<string, number>();

  constructor(world: string) {
    this.#world = world;
    this.#log = new ChildLog(`${world}/children.log`);
  }

  get notes(): readonly ChildNote[] {
    return this.#log.notes;
  }

  /** To be called now and then: how long a silent process lived is known as exactly as this is called often. */
  look(): void {
    for (const note of this.#log.read()) this.#take(note);
    for (const [session, { pid }] of this.#open)
      if (survivorOf(pid, this.#world)) this.lastSeen.set(session, Date.now());
      else this.#open.delete(session);
  }

  /** The coordinator has taken word of a run's end: nothing of it may live. */
  expectGone(session: string): void {
    this.look();
    this.#accuse("when its end was reported", (found) => this.#sessionOf(found) === session);
  }

  /** A runner registers: nothing that the runners before it started may live. */
  expectPredecessorsGone(generation: number): void {
    this.look();
    this.#accuse(`when runner ${generation} registered`, (found) => {
      const session = this.#sessionOf(found);
      return session !== undefined && (this.#generations.get(session) ?? generation) < generation;
    });
  }

  /** All is over: nothing may live at all. What does is ended, for the sake of the machine. */
  expectNothing(): void {
    this.look();
    for (const { pid } of this.#accuse("when the runner had ended", () => true)) process.kill(pid, "SIGKILL");
  }

  close(): void {
    this.#log.close();
  }

  #take(note: ChildNote): void {
    const { type, session, pid, generation } = note;
    if (type === "end") {
      this.#open.delete(session);
      this.lastSeen.delete(session);
      return;
    }
    this.#open.set(session, note);
    this.#sessions.set(pid, session);
    this.#generations.set(session, generation);
  }

  #accuse(when: string, isMeant: (found: Survivor) => boolean): Survivor[] {
    const accused = processesIn(this.#world).filter(isMeant);
    for (const found of accused) {
      const session = this.#sessionOf(found) ?? "";
      const known = this.survivors.get(session) ?? new Set();
      this.survivors.set(session, known.add(`process ${found.pid} lived ${when}: ${found.command.slice(0, 120)}`));
    }
    return accused;
  }

  #sessionOf({ pid, command }: Survivor): string | undefined {
    return /\b(chaos-\d+)$/.exec(command)?.[1] ?? this.#sessions.get(pid);
  }
}
