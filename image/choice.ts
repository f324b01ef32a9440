/** One plugin that goes into the image. */
export interface Choice {
  /** As written in `PLUGINS`. */
  readonly written: string;
  /** Of a workspace package, of the npm registry, or a tarball below `supplied/`. */
  readonly from: "first-party" | "registry" | "tarball";
}

/** In every image, around what is chosen, unless excluded; as npm specs they are what they are by their short names. */
const FIRST = { name: "coordinator", packageName: "@leasehold/coordinator" };
const LAST = { name: "echo", packageName: "@leasehold/profile-echo" };
const SPEC = /^(@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*(@[\w.^~<>=*+-]+)?$/;
const TARBALL = /^supplied\/[\w.+-]+\.tgz$/;

/**
 * Reads `PLUGINS`: first-party names, npm specs and tarballs, separated by commas or white space; `-name` excludes. The
 * coordinator comes first and the profile `echo` last unless the list puts them elsewhere. Throws with every entry that is wrong.
 */
export function readChoices(text: string, firstParty: readonly string[]): Choice[] {
  const words = text.split(/[\s,]+/).filter((word) => word !== "");
  const excluded = words.filter((word) => word.startsWith("-")).map((word) => word.slice(1));
  const named = words.filter((word) => !word.startsWith("-"));
  const ordered = placed(named);
  const chosen = [...new Set(ordered)].filter((word) => !excluded.includes(word));
  const faults = [
    ...chosen.flatMap((word) => faultOf(word, firstParty) ?? []),
    ...excluded.filter((word) => !ordered.includes(word)).map((word) => `-${word} excludes what is not in the list`),
  ];
  if (faults.length > 0) throw new Error(`PLUGINS: ${faults.join("; ")}`);
  return chosen.map((written) => ({ written, from: originOf(written, firstParty) }));
}

/** Keeps the places that the list gives, and adds what it leaves out. */
function placed(named: readonly string[]): string[] {
  const names = named.map(withoutVersion);
  const absent = ({ name, packageName }: typeof FIRST) => !names.includes(name) && !names.includes(packageName);
  return [...(absent(FIRST) ? [FIRST.name] : []), ...named, ...(absent(LAST) ? [LAST.name] : [])];
}

/** The name of the package that an npm spec asks for. */
export function withoutVersion(spec: string): string {
  return spec.replace(/(.)@.*$/, "$1");
}

function originOf(word: string, firstParty: readonly string[]): Choice["from"] {
  if (firstParty.includes(word)) return "first-party";
  return word.endsWith(".tgz") ? "tarball" : "registry";
}

function faultOf(word: string, firstParty: readonly string[]): string | undefined {
  const origin = originOf(word, firstParty);
  if (origin === "tarball" && !TARBALL.test(word)) return `${word} is no tarball below supplied/, as in supplied/a.tgz`;
  if (origin !== "registry" || SPEC.test(word)) return undefined;
  return `${word} is neither one of ${firstParty.join(", ")} nor a package's name with a version, as in acme-wasm@1.2.0`;
}
