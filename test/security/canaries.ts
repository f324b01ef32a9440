import { randomBytes } from "node:crypto";

/** Every way in which a secret gets into a runner. */
const PLACES = [
  "an option's variable",
  "an option in the configuration",
  "an option's flag",
  "a member of an option, by its name",
  "a stray variable, by its name",
  "a proxy's password",
  "the coordinator's password",
  "auth0's client secret",
  "auth0's client secret file",
  "an access token",
  "a third party's header",
  "a variable granted to an agent",
  "what a plugin registers",
  "what a plugin registers for an agent",
  "what a plugin registers for a run",
  "the token of the Oken API",
  "a secret of a deployment",
] as const;

export type Place = (typeof PLACES)[number];

/** A secret that got out, and where. */
export interface Leak {
  readonly place: Place;
  readonly where: string;
  readonly how: string;
  readonly around: string;
}

/** Shorter parts of a secret are of no use to anybody. */
const LEAST_PART = 12;
const SUSPICIOUS = /[\da-f]{12,}/g;

/** One random secret for each place, and the nose for them. Knows nothing of how the product masks. */
export class Canaries {
  readonly #cores = new Map(PLACES.map((place) => [place, randomBytes(15).toString("hex")]));
  readonly #parts = new Map([...this.#cores].flatMap(([place, core]) => partsOf(core).map((part) => [part, place])));

  /** With characters that every encoding treats in a way of its own; `plain` where only header characters may stand. */
  secret(place: Place, { plain = false } = {}): string {
    const core = this.#cores.get(place)!;
    return plain ? `cny-${core}+/~end` : `cny"\\${core.slice(0, 15)}${core.slice(15)} é/+&=%end`;
  }

  /** Every secret, or a part of one, in what went out; encoded texts are decoded. */
  leaksIn(where: string, text: string): Leak[] {
    return decodings(text).flatMap(([how, decoded]) => {
      const found = new Map<Place, Leak>();
      for (const run of decoded.matchAll(SUSPICIOUS))
        for (const part of partsOf(run[0])) {
          const place = this.#parts.get(part);
          const around = decoded.slice(Math.max(0, run.index - 60), run.index + 60);
          if (place && !found.has(place)) found.set(place, { place, where, how, around });
        }
      return [...found.values()];
    });
  }
}

function partsOf(core: string): string[] {
  return Array.from({ length: Math.max(0, core.length - LEAST_PART + 1) }, (_, at) => core.slice(at, at + LEAST_PART));
}

/** The text itself, and what its runs of base64 hold, wherever in them the groups begin. */
function decodings(text: string): (readonly [how: string, text: string])[] {
  const runs = [...text.matchAll(/[A-Za-z\d+/_-]{16,}/g)].map(([run]) => run);
  const shifted = [0, 1, 2, 3].map((shift) => {
    const decoded = runs.map((run) => Buffer.from(run.slice(shift), "base64url").toString("latin1"));
    return [`base64 from ${shift}`, decoded.join("\n")] as const;
  });
  return [["as it is", text], ...shifted];
}

/** A secret as careless programs write it: all forms that the redactor promises to know. */
export function utter(secret: string): string {
  const json = JSON.stringify(secret);
  const bytes = ["", "a", "ab"].map((before) => Buffer.from(`${before}${secret} and more`));
  return [
    secret,
    json,
    JSON.stringify({ line: JSON.stringify({ inner: json }) }),
    encodeURIComponent(secret),
    new URLSearchParams({ secret }).toString(),
    ...bytes.map((one) => one.toString("base64")),
    ...bytes.map((one) => one.toString("base64url")),
    Buffer.from(json).toString("base64"),
  ].join(" | ");
}
