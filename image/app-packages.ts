import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { resolve } from "node:path";
import { type Choice, withoutVersion } from "./choice.ts";

/** A package as npm packs it. */
export interface Pack {
  /** Absolute path of the tarball. */
  readonly file: string;
  readonly packageName: string;
  readonly version: string;
}

/** What npm is asked to install for a choice, and the name under which it will be there. */
export interface Wanted {
  readonly packageName: string;
  readonly spec: string;
}

const SCRIPT = resolve(import.meta.dirname, "npm.sh");

/** Runs npm in a directory; what it says goes to the build's log, or is answered. */
export function npm(directory: string, args: readonly string[], answered = false): string {
  const stdout = answered ? "pipe" : "inherit";
  const stdio: ["ignore", "pipe" | "inherit", "inherit"] = ["ignore", stdout, "inherit"];
  return execFileSync("sh", [SCRIPT, ...args], { cwd: directory, encoding: "utf8", stdio, maxBuffer: 2 ** 28 });
}

/** The packed workspace: the core, and the plugins and profiles by their short names. */
export function readPacks(directory: string): { readonly core: Pack; readonly firstParty: ReadonlyMap<string, Pack> } {
  const packs = readdirSync(directory).map((file) => packOf(resolve(directory, file)));
  const core = packs.find(({ packageName }) => packageName === "leasehold");
  if (!core) throw new Error(`there is no packed core in ${directory}`);
  return { core, firstParty: new Map(packs.filter((pack) => pack !== core).map((pack) => [shortName(pack), pack])) };
}

/** What a choice stands for. */
export function wantedOf({ written, from }: Choice, firstParty: ReadonlyMap<string, Pack>): Wanted {
  if (from === "registry") return { packageName: withoutVersion(written), spec: written };
  const { packageName, file } = firstParty.get(written) ?? packOf(resolve(written));
  return { packageName, spec: file };
}

/** Throws when a package was chosen twice: npm would install one of the two, and the configuration have both. */
export function refuseTwins(wanted: readonly Wanted[]): void {
  for (const [packageName, twins] of Map.groupBy(wanted, (one) => one.packageName))
    if (twins.length > 1)
      throw new Error(`PLUGINS: ${packageName} is chosen twice, as ${twins.map(({ spec }) => spec).join(" and ")}`);
}

/** `@leasehold/profile-echo` is chosen as `echo`. */
function shortName({ packageName }: Pack): string {
  return packageName.replace(/^@leasehold\/(profile-)?/, "");
}

/** What a tarball says of itself. */
function packOf(file: string): Pack {
  const answer = npm(".", ["pack", file, "--dry-run", "--json", "--silent"], true);
  const [about] = JSON.parse(answer) as { readonly name: string; readonly version: string }[];
  if (!about) throw new Error(`${file} is no package`);
  return { file, packageName: about.name, version: about.version };
}
