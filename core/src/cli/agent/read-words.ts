import type { Kind } from "./parameter-kind.ts";

/** What the words after an agent's name say: texts by parameter, in the order of first mention; `true` for a bare flag. */
export interface ReadWords {
  readonly given: ReadonlyMap<string, readonly (string | true)[]>;
  readonly problems: readonly string[];
  /** Parameters that were named but not understood. */
  readonly unusable: ReadonlySet<string>;
}

/** Reads `--name value`, `--name=value` and, for booleans, `--name`. Words that begin with `--` are values only after `=`. */
export function readWords(words: readonly string[], kindOf: (name: string) => Kind): ReadWords {
  const given = new Map<string, (string | true)[]>();
  const problems: string[] = [];
  const unusable = new Set<string>();
  const rest = words[0] === "--" ? words.slice(1) : [...words];
  let flag: string | undefined;
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const named = /^--([^=]+)(?:=(.*))?$/s.exec(word);
    if (!named?.[1]) {
      problems.push(strayWord(word, flag));
      continue;
    }
    const [, name, inline] = named;
    const text = inline ?? takeValue(kindOf(name), rest);
    flag = text === true ? name : undefined;
    if (text !== undefined) given.set(name, [...(given.get(name) ?? []), text]);
    else {
      unusable.add(name);
      problems.push(`--${name} has no value; a value that begins with -- is written --${name}=…`);
    }
  }
  return { given, problems, unusable };
}

function takeValue(kind: Kind, rest: string[]): string | true | undefined {
  if (kind === "boolean") return true;
  const hasValue = rest[0] !== undefined && !rest[0].startsWith("--");
  if (hasValue) return rest.shift();
  return kind === "any" ? true : undefined;
}

function strayWord(word: string, flag: string | undefined): string {
  const instead = flag === undefined ? "write --name value" : `write --${flag}=${word} if it belongs to --${flag}`;
  return `"${word}" belongs to no parameter; ${instead}`;
}
