import type { Random } from "../../core/src/testing/faults/random.ts";

/** What the process of a run does; each is an agent of the same name, `scripted` a script of the coordinator's. */
type Behaviour = "plain" | "fails" | "slow" | "forks" | "daemon" | "stubborn" | "lasting" | "flood" | "scripted";

/** When a client asks for a stop: as soon as the run is queued, delivered, started, or its result is there. */
export type StopMoment = "queued" | "delivered" | "started" | "result";

export interface PlannedRun {
  readonly number: number;
  readonly session: string;
  readonly behaviour: Behaviour;
  readonly parameters: Readonly<Record<string, string>>;
  /** The text that the process writes. */
  readonly text: string;
  readonly stop?: StopMoment;
}

/** What happens before a run is queued. */
export type Happening =
  | { readonly kind: "runner killed"; readonly ms: number }
  | { readonly kind: "runner drained" }
  | { readonly kind: "coordinator restarted"; readonly ms: number; readonly ghosts: boolean; readonly requeue: boolean }
  | { readonly kind: "disk full"; readonly ms: number }
  | { readonly kind: "script changed" };

export interface Plan {
  readonly runs: readonly PlannedRun[];
  /** By the number of the run that they happen before. */
  readonly happenings: ReadonlyMap<number, readonly Happening[]>;
  /** Whether the first coordinator has polls that outlive their clients. */
  readonly ghosts: boolean;
}

const BEHAVIOURS: Readonly<Record<Behaviour, number>> = {
  plain: 40,
  slow: 16,
  scripted: 14,
  fails: 8,
  forks: 8,
  daemon: 6,
  flood: 4,
  stubborn: 2,
  lasting: 2,
};
const STOPPED = 0.1;
const MOMENTS: Readonly<Record<StopMoment, number>> = { queued: 1, delivered: 3, started: 4, result: 2 };
/** How many runs there are to one happening of a kind. */
const SPACING: Readonly<Record<Happening["kind"], number>> = {
  "script changed": 30,
  "runner killed": 60,
  "coordinator restarted": 70,
  "disk full": 140,
  "runner drained": 150,
};

/** Everything that is decided beforehand, but for the faults of single requests. */
export function planOf(random: Random, runs: number): Plan {
  return {
    runs: Array.from({ length: runs }, (_, number) => plannedRun(random.fork(`run ${number}`), number)),
    happenings: happeningsOf(random, runs),
    ghosts: random.fork("ghosts").chance(0.5),
  };
}

function plannedRun(random: Random, number: number): PlannedRun {
  const session = `chaos-${number}`;
  const behaviour = random.weighted(BEHAVIOURS);
  const text = textOf(random, number, behaviour);
  const seconds = (random.between(50, 1_500) / 1_000).toFixed(3);
  const parameters = behaviour === "slow" ? { answer: text, seconds } : { answer: text };
  const stop = stopOf(random, behaviour);
  return { number, session, behaviour, parameters, text, ...(stop ? { stop } : {}) };
}

/** What `lasting` does ends in no other way. */
function stopOf(random: Random, behaviour: Behaviour): StopMoment | undefined {
  if (behaviour === "lasting") return "started";
  return random.chance(STOPPED) ? random.weighted(MOMENTS) : undefined;
}

/** JSON that no program writes like that twice: whoever parses and prints it again changes it. */
function textOf(random: Random, number: number, behaviour: Behaviour): string {
  const filling = "é𝄞\\u0007".repeat(behaviour === "flood" ? 2_000 : random.between(0, 20));
  return `{"run":  ${number}, "exact": [1.0, 1e2 ,12345678901234567890], "filling":"${filling}", "last": ${random.next()}}`;
}

function happeningsOf(random: Random, runs: number): Map<number, Happening[]> {
  const happenings = new Map<number, Happening[]>();
  for (const kind of Object.keys(SPACING) as Happening["kind"][]) {
    for (let block = 0; block * SPACING[kind] + SPACING[kind] / 2 < runs; block++) {
      const own = random.fork(`${kind} #${block}`);
      const before = Math.min(runs - 1, block * SPACING[kind] + own.between(5, SPACING[kind] - 1));
      happenings.set(before, [...(happenings.get(before) ?? []), happeningOf(kind, own)]);
    }
  }
  return happenings;
}

function happeningOf(kind: Happening["kind"], random: Random): Happening {
  switch (kind) {
    case "runner killed":
      return { kind, ms: random.chance(0.5) ? 0 : random.between(0, 1_500) };
    case "coordinator restarted":
      return { kind, ms: random.between(0, 2_500), ghosts: random.chance(0.5), requeue: random.chance(0.4) };
    case "disk full":
      return { kind, ms: random.between(300, 2_000) };
    default:
      return { kind };
  }
}
