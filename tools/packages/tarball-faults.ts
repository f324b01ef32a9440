import path from "node:path";
import { command } from "./command.ts";

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

const INSIDE = ["LICENSE", "README.md", "dist/index.js", "dist/index.d.ts"];

/** What is wrong with a packed package beside what linters find: missing files, and neighbours that are not peers of this version. */
export async function tarballFaults(tarball: string, workspace: readonly string[]): Promise<string[]> {
  const files = (await tar("-tzf", tarball)).split("\n").map((file) => file.replace(/^package\//, ""));
  const manifest = JSON.parse(await tar("-xzOf", tarball, "package/package.json")) as Manifest;
  const missing = INSIDE.filter((file) => !files.includes(file)).map((file) => `${file} is not inside`);
  const licence = manifest.license === "MIT" ? [] : [`its licence is ${manifest.license}`];
  return [...missing, ...licence, ...neighbourFaults(manifest, workspace)];
}

/** Leasehold and its plugins must be there once, so that they are peers and never brought along. */
function neighbourFaults(
  { name, version, dependencies, peerDependencies = {} }: Manifest,
  workspace: readonly string[],
) {
  const brought = Object.keys(dependencies ?? {}).filter((dependency) => workspace.includes(dependency));
  const ranges = Object.entries(peerDependencies).filter(([peer]) => workspace.includes(peer));
  const lacksCore = name !== "leasehold" && !("leasehold" in peerDependencies) ? ["leasehold is no peer of it"] : [];
  return [
    ...lacksCore,
    ...brought.map((dependency) => `${dependency} is a dependency; it must be a peer`),
    ...ranges
      .filter(([, range]) => range !== `^${version}`)
      .map(([peer, range]) => `its peer ${peer} is wanted as ${range}, but this is ${version}`),
  ];
}

function tar(...args: readonly string[]): Promise<string> {
  const [, tarball = "."] = args;
  return command("tar", args, { cwd: path.dirname(tarball) });
}
